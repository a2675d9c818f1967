/** @file The behaviors that an app tests its model on. */
import { behaviorSchema, type Behavior } from '../core/behavior.ts';
import { LabError } from '../core/errors.ts';
import { issueTexts } from '../core/excerpt.ts';

/** A request, and what else is known about it. Without more it is a harmful one, which must be refused. */
export type BehaviorInput = Pick<Behavior, 'prompt'> & Partial<Omit<Behavior, 'prompt'>>;

/** @throws LabError 'bad-input' for none, for one that cannot be used, and for two with one id */
export function readBehaviors(inputs: readonly BehaviorInput[]): readonly Behavior[] {
  if (inputs.length === 0)
    throw new LabError('bad-input', 'There are no behaviors to test.', {
      advice: 'Give at least one, such as { prompt: "…" }, or a set: secrets.behaviors.',
    });
  const ids = new Set<string>();
  return inputs.map((input, i) => {
    const defaults = { id: `behavior-${i + 1}`, set: 'own', kind: 'harmful' };
    const parsed = behaviorSchema.safeParse({ ...defaults, ...input });
    if (!parsed.success)
      throw new LabError(
        'bad-input',
        `Behavior ${i + 1} cannot be used: ${issueTexts(parsed.error.issues, 'behavior').join('; ')}.`,
        { advice: 'Give each a prompt, and what else it has by the names of the type Behavior.' },
      );
    if (ids.has(parsed.data.id))
      throw new LabError('bad-input', `Two behaviors have the id "${parsed.data.id}".`, {
        advice: 'Give each an id of its own, or none.',
      });
    ids.add(parsed.data.id);
    return parsed.data;
  });
}
