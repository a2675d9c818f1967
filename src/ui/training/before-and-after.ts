/** @file The plan that shows what a training changed: quick attacks on the model before and after. Pure. */
import type { PlanInput } from '../../lab/plan/plan.ts';
import type { TrainingInfo } from '../../lab/records/training.ts';

/** Attacks that take moments, of unlike kinds: by words, by code, by example, by what the answer begins with. */
const attacks = [
  'direct-request',
  'assistant-prefix',
  'jailbroken',
  'cipher',
  'deep-inception',
  'ica',
] as const;

/** @param kept id of the trained model */
export const beforeAndAfter = (
  { model, method }: Pick<TrainingInfo, 'model' | 'method'>,
  kept: string,
  roles: PlanInput['models']['roles'],
): PlanInput => ({
  version: 1,
  name: `${model} before and after ${method}`,
  models: { targets: [model, kept], ...(roles && { roles }) },
  behaviors: [{ set: 'tinytown', limit: 30 }],
  attacks: attacks.map((id) => ({ id })),
  evaluators: ['tinytown-oracle', 'pattern-refusal', 'task-solved'].map((id) => ({ id })),
});
