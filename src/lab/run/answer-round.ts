/** @file One answer to each trial of a chunk: written, read and scored, side by side. */
import type { AttackResult } from '../../attacks/attack.ts';
import { readAnswer, type Reading } from '../../attacks/parts/read-answer.ts';
import { startStopwatch } from '../../core/stopwatch.ts';
import type { Score } from '../../evaluators/evaluator.ts';
import type { Generation } from '../../models/language-model.ts';
import type { AttackOutcome, TrialError } from '../records/trial.ts';
import type { Trial } from '../trials/trials.ts';
import { answer, type Answer } from './answer.ts';
import { evaluate } from './evaluate.ts';
import { roleModels } from './loaded-models.ts';
import type { Meter } from './meter.ts';
import type { ChunkContext } from './chunk-context.ts';
import { sideBySide } from './side-by-side.ts';

/** A trial whose attack is done. */
export interface AskedTrial {
  readonly trial: Trial;
  readonly outcome: AttackOutcome;
  /** What is really sent. */
  readonly sent: AttackResult;
  /** Counts what answers take, on all models. */
  readonly answering: Meter;
  /** Counts what reading and scoring them takes. */
  readonly judging: Meter;
}

export interface ScoredAnswer {
  /** `null`: there is no answer, for the reason in `error`. */
  readonly generation: Generation | null;
  /** The text of it that evaluators judged. */
  readonly reading: Reading | null;
  readonly error?: TrialError | undefined;
  readonly scores: Readonly<Record<string, Score>>;
  /** Empty for a trial without an answer. */
  readonly times: Partial<Answer['times']>;
}

/** @param sample 0: the answer of the trial; from 1: a further one to the same prompt, with a random stream of its own */
export async function answerRound(
  asked: readonly AskedTrial[],
  sample: number,
  context: ChunkContext,
): Promise<{
  readonly answers: readonly ScoredAnswer[];
  /** An even share of the time, for each trial. */
  readonly answerMs: number;
  readonly scoreMs: number;
}> {
  const { settings, models, meters, signal } = context;
  const watch = startStopwatch();
  const answers = await sideBySide(asked, signal, (each, joint) =>
    answerOrError(each, sample, context, meters.signalFor(each.answering, joint)),
  );
  const answerMs = watch.lapMs(asked.length);

  const readings = await sideBySide(asked, signal, async ({ sent, judging }, joint, i) => {
    const { generation } = answers[i]!;
    const translating = { signal: joint, ...roleModels(models, judging) };
    return generation ? readAnswer(sent, generation.text, translating) : null;
  });
  const scores = await sideBySide(asked, signal, async ({ trial, sent, judging }, joint, i) => {
    const reading = readings[i]!;
    if (reading === null) return unscored(settings, answers[i]!.error);
    const { messages, assistantPrefix } = sent;
    const { finishReason, thoughts } = answers[i]!.generation!;
    return evaluate(
      settings.evaluators,
      {
        ...{ behavior: trial.behavior, messages, assistantPrefix },
        ...{ response: reading.text, finishReason, thoughts },
      },
      { signal: joint, ...roleModels(models, judging) },
    );
  });
  const scoreMs = watch.lapMs(asked.length);

  return {
    answers: answers.map(({ generation = null, times = {}, error }, i) => ({
      ...{ generation, times, error },
      ...{ reading: readings[i]!, scores: scores[i]! },
    })),
    answerMs,
    scoreMs,
  };
}

async function answerOrError(
  { trial: { seed }, outcome: { error }, sent }: AskedTrial,
  sample: number,
  { settings, defended, recordable, onToken, forced }: ChunkContext,
  signal: AbortSignal,
): Promise<Partial<Answer> & { readonly error?: TrialError }> {
  if (error) return { error };
  const result = sample === 0 ? sent : { ...sent, seed: `${seed}/answer/${sample}` };
  try {
    return await answer(defended, result, seed, settings, {
      signal,
      ...(onToken && { onToken }),
      ...(forced && { forced }),
    });
  } catch (failure) {
    return { error: recordable(failure, 'answer') };
  }
}

const unscored = (
  { evaluators }: ChunkContext['settings'],
  error: TrialError | undefined,
): Readonly<Record<string, Score>> =>
  Object.fromEntries(
    evaluators.map(({ method }): [string, Score] => [
      method.id,
      { value: null, label: 'failed', explanation: error?.message ?? 'There is no answer.' },
    ]),
  );
