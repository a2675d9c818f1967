/** @file The scorer of the plan, for attacks that read its distributions. */
import { LabError } from '../../core/errors.ts';
import { isScoring, type ScoringModel } from '../../models/language-model.ts';
import type { RoleModels } from '../../models/role-models.ts';

/**
 * @param purpose what the attack needs it for, as the beginning of a sentence
 * @throws LabError 'bad-plan' unless the scorer shows its distributions
 */
export function scorerOf({ role }: Pick<RoleModels, 'role'>, purpose: string): ScoringModel {
  const scorer = role('scorer');
  if (isScoring(scorer)) return scorer;
  throw new LabError('bad-plan', `The scorer ${scorer.id} does not show its distributions.`, {
    advice: `${purpose} needs a scorer of tier grey-box.`,
  });
}
