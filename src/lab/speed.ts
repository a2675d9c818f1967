/** @file What a defense costs in time: how much later an answer begins, and how much slower it goes on. */
import { mean } from '../core/statistics.ts';
import type { Generation } from '../models/language-model.ts';
import { undefended } from './plan.ts';
import type { Speed, TrialRecord } from './records.ts';

export type AnswerTimes = Pick<TrialRecord['times'], 'firstTokenMs' | 'tokenMs'>;

/** Runs from now, while one answer is written. */
export function answerClock() {
  const startedAt = performance.now();
  const elapsed = () => Math.round((performance.now() - startedAt) * 1000) / 1000;
  let firstTokenMs: number | undefined;
  return {
    onToken: () => void (firstTokenMs ??= elapsed()),
    /** Call it when `reply` is there. A withheld answer reaches the caller all at once, at its end. */
    times({ finishReason, completionTokens }: Generation): AnswerTimes {
      const total = elapsed();
      const written = finishReason !== 'blocked' && completionTokens > 0;
      return { firstTokenMs: firstTokenMs ?? total, ...(written && { tokenMs: total / completionTokens }) };
    },
  };
}

const meanOf = (values: readonly (number | undefined)[]): number | null => {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? null : mean(known);
};

/**
 * Times of the answers that a model gave behind each defense, against those that it gave undefended. Compare records
 * of the same requests, run side by side in the same numbers: a batch shares its time.
 * @param records of one model; those without times are left out
 */
export function speedOf(model: string, defense: string, records: readonly TrialRecord[]): Speed {
  const of = (name: string) => records.filter((record) => record.defense === name);
  const first = (name: string) => meanOf(of(name).map(({ times }) => times.firstTokenMs));
  const token = (name: string) => meanOf(of(name).map(({ times }) => times.tokenMs));
  const [firstTokenMs, plainFirst] = [first(defense), first(undefended)];
  const [tokenMs, plainToken] = [token(defense), token(undefended)];
  return {
    model,
    defense,
    n: of(defense).filter(({ times }) => times.firstTokenMs !== undefined).length,
    firstTokenMs,
    addedFirstTokenMs: firstTokenMs === null || plainFirst === null ? null : firstTokenMs - plainFirst,
    tokenMs,
    tokenTimeRatio: tokenMs === null || plainToken === null || plainToken === 0 ? null : tokenMs / plainToken,
  };
}
