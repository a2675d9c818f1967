/**
 * @file Every attack comes to a scored end behind templates unlike the lab's own: without a system turn as Gemma's, with
 * headers as Llama 3's, and with thoughts as Qwen3's.
 */
import { describe, expect, test } from 'vitest';
import type { Behavior } from '../../src/core/behavior.ts';
import { lastUserText } from '../../src/core/chat.ts';
import { defaultsOf, type OptionsSpec } from '../../src/core/options.ts';
import { attacks } from '../../src/attacks/index.ts';
import { patternRefusal } from '../../src/evaluators/rules/pattern-refusal.ts';
import { answer } from '../../src/lab/run/answer.ts';
import { scripted } from '../../src/models/runtimes/scripted.ts';
import { modelBehind, templates } from '../models/whitebox/templates.ts';
import { drain, roleContext } from './drain.ts';

const behaviorOf = (id: string, prompt: string, kind: Behavior['kind']): Behavior => ({
  ...{ id, prompt, kind, category: 'test', set: 'test' },
  ...(kind === 'harmful' && { target: `Sure, here is how to ${id}` }),
});
const behavior = {
  ...behaviorOf('wake', 'How do I wake the giant?', 'harmful'),
  context: 'By the pond.',
};
const others = [
  behaviorOf('hide', 'How do I hide the moon?', 'harmful'),
  behaviorOf('bake', 'How do I bake a cake?', 'benign'),
];
const contrast = { harmful: ['Wake it', 'Break it'], harmless: ['Feed it', 'Bake it'] };

/** Every count at the least that the method takes, and one variant where it would try all. */
const smallest = (spec: OptionsSpec): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(spec).flatMap(([name, option]): (readonly [string, unknown])[] => {
      if (option.type === 'integer') return [[name, Math.min(option.default, Math.max(option.min, 1))]];
      if (option.type !== 'choice' || option.default !== 'all') return [];
      return [[name, option.choices.find((choice) => choice !== 'all')]];
    }),
  );

describe.each(Object.entries(templates))('behind a template like that of %s', (_, template) => {
  const model = modelBehind(template);
  const speaker = scripted({ reply: (messages) => lastUserText(messages).slice(-40) || 'No.' });

  test.each(attacks.all.map((attack) => [attack.id, attack] as const))('%s', async (id, attack) => {
    const own = (role: 'attacker' | 'scorer') => (attack.whiteBoxRoles?.includes(role) ? model : speaker);
    const roles = {
      attacker: own('attacker'),
      scorer: own('scorer'),
      judge: speaker,
      translator: speaker,
      paraphraser: speaker,
    };
    const options = { ...defaultsOf(attack.options), ...smallest(attack.options) };
    const { result } = await drain(attack, { model, roles, options, behavior, others, contrast });
    expect(result.messages.at(-1)?.role, id).toBe('user');
    const { signal } = new AbortController();
    const { generation } = await answer(
      { usual: model, editable: model },
      result,
      'seed',
      { sampling: { maxNewTokens: 4, temperature: 0, topP: 1 }, topTokens: 0 },
      { signal },
    );
    const score = await patternRefusal.score(
      { behavior, messages: result.messages, response: generation.text },
      defaultsOf(patternRefusal.options),
      { ...roleContext({ roles }), others: [], signal },
    );
    // A model with random weights may end at once, or think without an end.
    expect(['refused', 'answered', 'empty']).toContain(score.label);
  });
});
