/** @file The plan that shows what a training changed: quick attacks on the model before and after, the same and made anew. Pure. */
import type { PlanInput } from '../../lab/plan/plan.ts';
import type { TrainingInfo } from '../../lab/records/training.ts';

/**
 * Attacks that take moments, of unlike kinds: by words, by code, by example, by what the answer begins with. They send the
 * same text to both models.
 */
const fixed = [
  'direct-request',
  'assistant-prefix',
  'jailbroken',
  'cipher',
  'deep-inception',
  'ica',
] as const;
/** Made anew on each model: by its answers, and from inside. */
const adapting = ['resampling', 'refusal-ablation'] as const;

/** What is asked, and who grades it. */
const tinytown = {
  behaviors: [{ set: 'tinytown', limit: 30 }],
  evaluators: [{ id: 'tinytown-oracle' }, { id: 'pattern-refusal' }, { id: 'task-solved' }],
} satisfies Pick<PlanInput, 'behaviors' | 'evaluators'>;
const secrets = {
  behaviors: [{ set: 'secrets', limit: 20 }],
  evaluators: [{ id: 'secret-leak' }, { id: 'pattern-refusal' }, { id: 'task-solved' }],
} satisfies Pick<PlanInput, 'behaviors' | 'evaluators'>;

/**
 * @param kept id of the trained model
 * @param isOfTinytown whether the model knows Tinytown; others are asked for secrets
 */
export const beforeAndAfter = (
  { model, method }: Pick<TrainingInfo, 'model' | 'method'>,
  kept: string,
  roles: PlanInput['models']['roles'],
  isOfTinytown: boolean,
): PlanInput => ({
  version: 1,
  name: `${model} before and after ${method}`,
  models: { targets: [model, kept], ...(roles && { roles }) },
  ...(isOfTinytown ? tinytown : secrets),
  attacks: [...fixed, ...adapting].map((id) => ({ id })),
});
