/** @file A plan without its texts, so that it can be shown anywhere. */
import type { Plan } from '../../plan/plan.ts';

/** The plan as plain data, without prompts, templates and artifacts. */
export const withoutTexts = ({
  $schema: _,
  behaviors,
  sets,
  contrast,
  templates,
  defenses,
  ...rest
}: Plan) => ({
  ...rest,
  behaviors: behaviors.map((source) =>
    'set' in source
      ? source
      : { behaviors: source.behaviors.map(({ id, set, category, kind }) => ({ id, set, category, kind })) },
  ),
  ...(sets && { sets: sets.map(({ id, behaviors: rows }) => ({ id, behaviors: rows.length })) }),
  defenses: defenses.map(({ stack, ...named }) => ({
    ...named,
    stack: stack.map(({ artifact, ...method }) => ({ ...method, ...(artifact && { artifact: 'left out' }) })),
  })),
  ...(contrast && { contrast: { harmful: contrast.harmful.length, harmless: contrast.harmless.length } }),
  ...(templates && { templates: templates.name }),
});
