/** @file What trials cost: the time that a defense adds to an answer, its extra calls and tokens, and sums over trials. */
import { differenceOf, meanOf, ratioOf } from '../../core/means.ts';
import { mean } from '../../core/statistics.ts';
import { undefended } from '../plan/plan.ts';
import type { Cell, Overhead, Speed } from '../records/summary.ts';
import type { TrialRecord } from '../records/trial.ts';
import { addUsage, noUsage } from '../records/usage.ts';

/**
 * Answer times behind a defense, compared with those of the undefended model. Records must be of the same requests in
 * batches of the same size, because a batch shares its time.
 * @param records of one model; those without times are left out
 */
export function speedOf(model: string, defense: string, records: readonly TrialRecord[]): Speed {
  const times = (name: string) =>
    records.filter((record) => record.defense === name).map((record) => record.times);
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

export const elapsedOf = (records: readonly TrialRecord[]): number =>
  records.reduce((sum, { times }) => sum + times.attackMs + times.answerMs + times.scoreMs, 0);

export function costOf(
  records: readonly TrialRecord[],
): Pick<Cell, 'queries' | 'sequences' | 'gradients' | 'tokens' | 'elapsedMs'> {
  const target = records.reduce((sum, { usage }) => addUsage(sum, usage.target ?? noUsage), noUsage);
  const all = records.flatMap(({ usage }) => Object.values(usage)).reduce(addUsage, noUsage);
  return {
    queries: target.queries,
    sequences: target.scored,
    gradients: target.gradients,
    tokens: all.promptTokens + all.completionTokens,
    elapsedMs: elapsedOf(records),
  };
}

/**
 * Mean cost per answer, as the defense recorded it in its events. Trials without an answer are left out.
 * @param records of one model
 * @returns `null` without an answer behind this defense
 */
export function overheadOf(model: string, defense: string, records: readonly TrialRecord[]): Overhead | null {
  const spent = records
    .filter((record) => record.defense === defense && record.finishReason !== 'failed')
    .map(({ events }) => ({
      queries: events.reduce((sum, { cost }) => sum + (cost?.queries ?? 0), 0),
      tokens: events.reduce((sum, { cost }) => sum + (cost?.tokens ?? 0), 0),
    }));
  if (spent.length === 0) return null;
  return {
    model,
    defense,
    n: spent.length,
    queries: meanOf(spent.map(({ queries }) => queries)),
    tokens: meanOf(spent.map(({ tokens }) => tokens)),
  };
}
