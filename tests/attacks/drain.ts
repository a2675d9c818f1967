import type {
  Attack,
  AttackContext,
  AttackResult,
  AttackStep,
  MutationContext,
} from '../../src/attacks/attack.ts';
import type { Behavior } from '../../src/core/behavior.ts';
import type { ContrastPrompts } from '../../src/core/contrast.ts';
import type { ModelRole } from '../../src/core/method.ts';
import { parseOptions } from '../../src/core/options.ts';
import { createRandom } from '../../src/core/random.ts';
import type { PackName, Templates } from '../../src/core/templates.ts';
import type { LanguageModel } from '../../src/models/language-model.ts';
import type { TextClassifier } from '../../src/models/text-classifier.ts';

export const behavior: Behavior = {
  id: 'fox-story',
  prompt: 'Tell me a story',
  target: 'Sure',
  category: 'test',
  set: 'test',
  kind: 'harmful',
};

/** The models of a test by role. */
export interface RoleModels {
  readonly roles?: Readonly<Record<string, LanguageModel>>;
  readonly classifiers?: Readonly<Record<string, TextClassifier>>;
}

export const roleContext = ({ roles, classifiers }: RoleModels = {}): Pick<
  AttackContext,
  'fills' | 'role' | 'classifier'
> => {
  const find =
    <M>(models: Readonly<Record<string, M>> = {}) =>
    (role: ModelRole): M => {
      const model = models[role];
      if (model === undefined) throw new Error(`This test assigns no ${role}.`);
      return model;
    };
  return {
    fills: (role) => role in (roles ?? {}) || role in (classifiers ?? {}),
    role: find(roles),
    classifier: find(classifiers),
  };
};

interface Texts {
  readonly templates?: Templates;
  readonly pack?: PackName;
  readonly others?: readonly Behavior[];
}

/** What the lab gives `mutate`. */
export const mutation = (
  attack: Attack,
  { seed = '0', templates = {}, pack = 'compact', others = [] }: Texts & { readonly seed?: string } = {},
): MutationContext => ({
  random: createRandom(seed),
  templates: { ...attack.templates?.[pack], ...templates },
  others,
});

interface Setting extends RoleModels, Texts {
  readonly model: LanguageModel;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly seed?: string;
  readonly signal?: AbortSignal;
  readonly behavior?: Behavior;
  readonly contrast?: ContrastPrompts;
  /** Asked after the first step, as the lab does. Default: an attack without a budget. */
  readonly spent?: () => boolean;
}

/** Let an attack learn from the harmful ones of the other behaviors, as the lab does. */
export async function learn(attack: Attack, setting: Setting) {
  const { model, options, signal = new AbortController().signal, others = [], contrast = null } = setting;
  const values = parseOptions(attack.options, options, attack.id);
  const steps: AttackStep[] = [];
  const training = others
    .filter(({ kind }) => kind === 'harmful')
    .slice(0, attack.trainsOn?.(values, contrast) ?? 0);
  if (attack.learn === undefined) return { steps, learned: undefined };
  const harmless = others.filter(({ kind }) => kind !== 'harmful');
  const context = { ...mutation(attack, setting), signal, harmless, contrast, ...roleContext(setting) };
  const learning = attack.learn(training, model as never, values, context);
  for (;;) {
    const next = await learning.next();
    if (next.done) return { steps, learned: next.value };
    steps.push(next.value);
  }
}

/** Run an attack to its end, as the lab does; an attack that learns does so first. */
export async function drain(attack: Attack, setting: Setting) {
  const { model, options, spent = () => false, signal = new AbortController().signal } = setting;
  const { steps, learned } = await learn(attack, setting);
  const before = steps.length;
  const run = attack.run(
    setting.behavior ?? behavior,
    model as never,
    parseOptions(attack.options, options, attack.id),
    {
      ...mutation(attack, setting),
      signal,
      learned,
      spent: () => steps.length > before && spent(),
      ...roleContext(setting),
    },
  );
  for (;;) {
    const next = await run.next();
    if (next.done) return { steps, result: next.value satisfies AttackResult };
    steps.push(next.value);
  }
}
