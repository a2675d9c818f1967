import type { Attack, AttackContext, AttackResult, AttackStep } from '../../src/attacks/attack.ts';
import type { Behavior } from '../../src/core/behavior.ts';
import { parseOptions } from '../../src/core/options.ts';
import { createRandom } from '../../src/core/random.ts';
import type { LanguageModel } from '../../src/models/language-model.ts';

export const behavior: Behavior = {
  id: 'fox-story',
  prompt: 'Tell me a story',
  target: 'Sure',
  category: 'test',
  set: 'test',
  kind: 'harmful',
};

export const noRoles: AttackContext['role'] = (role) => {
  throw new Error(`This test assigns no ${role}.`);
};

interface Setting {
  readonly model: LanguageModel;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly seed?: string;
  readonly signal?: AbortSignal;
  readonly behavior?: Behavior;
}

/** Run an attack to its end, as the lab does. */
export async function drain(attack: Attack, setting: Setting) {
  const { model, options, seed = '0', signal = new AbortController().signal } = setting;
  const run = attack.run(
    setting.behavior ?? behavior,
    model as never,
    parseOptions(attack.options, options, attack.id),
    { random: createRandom(seed), signal, role: noRoles },
  );
  const steps: AttackStep[] = [];
  for (;;) {
    const next = await run.next();
    if (next.done) return { steps, result: next.value satisfies AttackResult };
    steps.push(next.value);
  }
}
