/** @file How an answer is generated: as the plan says, unless the attack's result brings its own way. */
import type { AttackResult } from '../../attacks/attack.ts';
import type { GenerateOptions } from '../../models/language-model.ts';
import type { Plan } from '../plan/plan.ts';

export const answerOptions = (
  { assistantPrefix, sampling, seed, edit }: AttackResult,
  { maxNewTokens, ...planned }: Plan['sampling'],
  trialSeed: string,
): Pick<GenerateOptions, 'maxNewTokens' | 'sampling' | 'seed' | 'assistantPrefix' | 'edit'> => ({
  maxNewTokens,
  sampling: sampling ?? planned,
  seed: seed ?? trialSeed,
  ...(assistantPrefix !== undefined && { assistantPrefix }),
  ...(edit && { edit }),
});
