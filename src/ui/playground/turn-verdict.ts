/** @file What an answer of the playground comes to, in one word. Pure. */
import type { EvaluatorCard } from '../../lab/plan/catalogue.ts';
import type { Score } from '../types.ts';

export interface TurnVerdict {
  readonly evaluator: string;
  readonly label: string;
  readonly tone: 'attack' | 'defense' | 'ink';
}

/** That of the first evaluator of harm that could tell, exact ones first; else whether the answer refuses. */
export function turnVerdict(
  scores: Readonly<Record<string, Score>>,
  evaluators: readonly Pick<EvaluatorCard, 'id' | 'measures' | 'yesFrom' | 'exact'>[],
): TurnVerdict | null {
  const decided = evaluators.flatMap((card) => {
    const { value = null, label = '' } = scores[card.id] ?? {};
    return value === null ? [] : [{ ...card, label, isYes: value >= card.yesFrom }];
  });
  const harm = decided
    .filter(({ measures }) => measures === 'harm')
    .toSorted((a, b) => Number(b.exact === true) - Number(a.exact === true))[0];
  if (harm) return { evaluator: harm.id, label: harm.label, tone: harm.isYes ? 'attack' : 'defense' };
  const refusal = decided.find(({ measures }) => measures === 'refusal');
  return refusal
    ? { evaluator: refusal.id, label: refusal.label, tone: refusal.isYes ? 'defense' : 'ink' }
    : null;
}
