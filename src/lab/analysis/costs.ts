/** @file What trials cost: the time that a defense adds to an answer, its extra calls and tokens, and sums over trials. */
import { sumOfCounts } from '../../core/counts.ts';
import { differenceOf, meanOf, ratioOf } from '../../core/means.ts';
import { mean } from '../../core/statistics.ts';
import { undefended } from '../plan/plan.ts';
import type { TrialDigest } from '../records/digest.ts';
import type { Cell, Overhead, Speed } from '../records/summary.ts';
import { addUsage, noUsage } from '../records/usage.ts';

/**
 * Answer times behind a defense, compared with those of the undefended model. They must be of the same requests in
 * batches of the same size, because a batch shares its time.
 * @param trials of one model; those without times are left out
 */
export function speedOf(model: string, defense: string, trials: readonly TrialDigest[]): Speed {
  const times = (name: string) =>
    trials.filter(({ defense: behind }) => behind === name).map((trial) => trial.times);
  const first = (name: string) => measuredValues(times(name).map(({ firstTokenMs }) => firstTokenMs));
  const token = (name: string) => measuredValues(times(name).map(({ tokenMs }) => tokenMs));
  const [firsts, plainFirsts] = [first(defense), first(undefended)];
  const [tokens, plainTokens] = [token(defense), token(undefended)];
  const own = defense === undefended;
  const later = firsts && plainFirsts && differenceOf(firsts, plainFirsts);
  const slower = tokens && plainTokens && mean(plainTokens) > 0 ? ratioOf(tokens, plainTokens) : null;
  return {
    model,
    defense,
    n: firsts?.length ?? 0,
    firstTokenMs: firsts && mean(firsts),
    addedFirstTokenMs: later?.value ?? null,
    addedFirstTokenInterval: own ? null : (later?.interval ?? null),
    tokenMs: tokens && mean(tokens),
    tokenTimeRatio: slower?.value ?? null,
    tokenTimeRatioInterval: own ? null : (slower?.interval ?? null),
  };
}

/** The measured values, `null` when there are none. */
function measuredValues(values: readonly (number | undefined)[]): readonly number[] | null {
  const measured = values.filter((value) => value !== undefined);
  return measured.length === 0 ? null : measured;
}

export const elapsedOf = (trials: readonly TrialDigest[]): number =>
  trials.reduce((sum, { times }) => sum + times.attackMs + times.answerMs + times.scoreMs, 0);

export function costOf(
  trials: readonly TrialDigest[],
): Pick<Cell, 'queries' | 'sequences' | 'gradients' | 'tokens' | 'elapsedMs'> {
  const target = trials.reduce((sum, { usage }) => addUsage(sum, usage), noUsage);
  return {
    queries: target.queries,
    sequences: target.scored,
    gradients: target.gradients,
    tokens: sumOfCounts(trials.map(({ tokens }) => tokens)),
    elapsedMs: elapsedOf(trials),
  };
}

/**
 * Mean cost per answer, as the defense recorded it in its events. Trials without an answer are left out.
 * @param trials of one model
 * @returns `null` without an answer behind this defense
 */
export function overheadOf(model: string, defense: string, trials: readonly TrialDigest[]): Overhead | null {
  const spent = trials
    .filter((trial) => trial.defense === defense && trial.finishReason !== 'failed')
    .map(({ overhead }) => overhead);
  if (spent.length === 0) return null;
  const tokens = spent.map((overhead) => overhead.tokens).filter((counted) => counted !== null);
  return {
    model,
    defense,
    n: spent.length,
    queries: meanOf(spent.map(({ queries }) => queries)),
    tokens: tokens.length < spent.length ? null : meanOf(tokens),
  };
}
