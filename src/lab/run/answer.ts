/** @file Second stage of a trial: the defended model's answer to what the attack made. */
import type { AttackResult } from '../../attacks/attack.ts';
import { startStopwatch } from '../../core/stopwatch.ts';
import type { GenerateOptions, Generation } from '../../models/language-model.ts';
import type { TrialRecord } from '../records/trial.ts';
import type { TrialSettings } from '../trials/resolve.ts';
import type { DefendedModel } from './defended-model.ts';

export interface AnswerListeners extends Pick<GenerateOptions, 'onToken' | 'forced'> {
  readonly signal: AbortSignal;
}
export interface Answer {
  readonly generation: Generation;
  /** Measured only when tokens are recorded or listened to. */
  readonly times: AnswerTimes;
}
type AnswerTimes = Pick<TrialRecord['times'], 'firstTokenMs' | 'tokenMs'>;

/**
 * Generate as the plan says, unless the attack's result brings its own prefix, thought, sampling, seed or edit.
 * @param trialSeed names the random stream when the result brings none
 */
export async function answer(
  { usual, editable }: Pick<DefendedModel, 'usual' | 'editable'>,
  { messages, assistantPrefix, assistantThought, sampling, seed, edit }: AttackResult,
  trialSeed: string,
  { sampling: { maxNewTokens, ...planned }, topTokens }: Pick<TrialSettings, 'sampling' | 'topTokens'>,
  { signal, onToken, forced }: AnswerListeners,
): Promise<Answer> {
  const clock = answerClock();
  // Decoding the text of every token takes time that a run without tokens should not lose.
  const timed = topTokens > 0;
  const generation = await (edit ? editable : usual).generate(messages, {
    maxNewTokens,
    sampling: sampling ?? planned,
    seed: seed ?? trialSeed,
    topTokens,
    signal,
    ...(assistantPrefix !== undefined && { assistantPrefix }),
    ...(assistantThought && { assistantThought }),
    ...(edit && { edit }),
    ...(forced && { forced }),
    ...((timed || onToken) && {
      onToken: (token, text) => {
        clock.onToken();
        onToken?.(token, text);
      },
    }),
  });
  return { generation, times: timed ? clock.times(generation) : {} };
}

/** Runs from now, while one answer is written. */
function answerClock() {
  const watch = startStopwatch();
  let firstTokenMs: number | undefined;
  return {
    onToken: () => void (firstTokenMs ??= watch.elapsedMs()),
    /** Call it at the end of the answer. A withheld answer reaches the caller all at once, at its end. */
    times({ finishReason, completionTokens }: Generation): AnswerTimes {
      const total = watch.elapsedMs();
      const count = finishReason === 'blocked' ? 0 : (completionTokens ?? 0);
      return { firstTokenMs: firstTokenMs ?? total, ...(count > 0 && { tokenMs: total / count }) };
    },
  };
}
