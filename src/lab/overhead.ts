/** @file What a defense spends beside the answer itself: on other models, and on the target when it asks again. */
import { meanOf } from '../core/means.ts';
import type { Overhead, TrialRecord } from './records/trial.ts';

/**
 * Means an answer, by what the defense itself recorded. Trials without an answer are left out.
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
