/** @file Success over several answers to each prompt: of all answers, and within k tries. */
import { bootstrapInterval, clusteredRate, type Cluster } from '../../core/clustered.ts';
import { createRandom } from '../../core/random.ts';
import { wilson } from '../../core/statistics.ts';
import { successAtK } from '../../core/success-at-k.ts';
import { modeOf } from '../plan/attack-mode.ts';
import type { TrialDigest } from '../records/digest.ts';
import type { SampledRate, SuccessAtK } from '../records/measurements.ts';
import type { Cell } from '../records/summary.ts';
import { outcomeOf, type ScoringEvaluator } from './verdicts.ts';

/**
 * Answers to one prompt resemble each other, so that intervals are of behaviors, not of answers. `null` where every prompt
 * was asked once.
 */
export function sampledRate(
  seed: number,
  card: ScoringEvaluator,
  cell: Pick<Cell, 'model' | 'attack' | 'defense' | 'mode'>,
  trials: readonly TrialDigest[],
): SampledRate | null {
  if (trials.every(({ samples }) => samples === undefined)) return null;
  const outcomes = trials.map(({ samples = [], ...trial }) =>
    [trial, ...samples].map((answer) => outcomeOf(card, { ...trial, ...answer })),
  );
  const clusters = outcomes.map((of): Cluster & { readonly asked: number } => ({
    asked: of.length,
    scored: of.filter((outcome) => outcome !== null).length,
    successes: of.filter((outcome) => outcome === true).length,
  }));
  const asked = clusters.reduce((sum, cluster) => sum + cluster.asked, 0);
  const { model, attack, defense } = cell;
  const name = `${seed}/${model}/${attack}/${defense}/${modeOf(cell)}/${card.id}`;
  return {
    ...{ model, attack, defense, mode: modeOf(cell), evaluator: card.id },
    behaviors: trials.length,
    answers: clusteredRate(asked, clusters),
    atK: tries(Math.max(...clusters.map((cluster) => cluster.asked))).flatMap(
      (k) => atK(k, clusters, `${name}/${k}`) ?? [],
    ),
  };
}

/** 1, 2, 4, … and the greatest. */
function tries(most: number): readonly number[] {
  const powers = Array.from({ length: Math.floor(Math.log2(most)) + 1 }, (_, i) => 2 ** i);
  return powers.at(-1) === most ? powers : [...powers, most];
}

/** Over behaviors with at least `k` answers that could be scored; `null` without one. */
function atK(k: number, clusters: readonly Cluster[], seed: string): SuccessAtK | null {
  const rates = clusters
    .filter(({ scored }) => scored >= k)
    .map(({ scored, successes }) => successAtK({ tries: scored, successes }, k));
  if (rates.length === 0) return null;
  const behaviors = rates.length;
  const rate = rates.reduce((sum, each) => sum + each, 0) / behaviors;
  const bootstrapped = bootstrapInterval(
    rates.map((each) => [each, 1]),
    ([sum, n]) => sum! / n!,
    createRandom(seed),
  );
  // Where all behaviors agree, resamples do too, and say nothing.
  return { k, behaviors, rate, interval: bootstrapped ?? wilson(rate * behaviors, behaviors) };
}
