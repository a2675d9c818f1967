/** @file Times one answer while it is written. */
import type { Generation } from '../../models/language-model.ts';
import type { TrialRecord } from '../records/trial.ts';

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
