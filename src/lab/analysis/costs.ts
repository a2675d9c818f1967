/** @file What a defense costs in time: how much later an answer begins, and how much slower it goes on. */
import { differenceOf, ratioOf } from '../../core/means.ts';
import { mean } from '../../core/statistics.ts';
import type { Generation } from '../../models/language-model.ts';
import { undefended } from '../plan/plan.ts';
import type { Speed, TrialRecord } from '../records/trial.ts';

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

/**
 * Times of the answers that a model gave behind each defense, against those that it gave undefended. Compare records
 * of the same requests, run side by side in the same numbers: a batch shares its time.
 * @param records of one model; those without times are left out
 */
export function speedOf(model: string, defense: string, records: readonly TrialRecord[]): Speed {
  const times = (name: string) =>
    records.filter((record) => record.defense === name).map((record) => record.times);
  const first = (name: string) => known(times(name).map(({ firstTokenMs }) => firstTokenMs));
  const token = (name: string) => known(times(name).map(({ tokenMs }) => tokenMs));
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

/** What was measured, `null` when nothing was. */
function known(values: readonly (number | undefined)[]): readonly number[] | null {
  const measured = values.filter((value) => value !== undefined);
  return measured.length === 0 ? null : measured;
}
