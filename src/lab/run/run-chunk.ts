/** @file Runs the trials of one chunk side by side: attack, answer, scores, records. */
import type { AttackStep } from '../../attacks/attack.ts';
import { stopwatch } from '../../core/stopwatch.ts';
import type { Score } from '../../evaluators/evaluator.ts';
import type { Generation, LanguageModel } from '../../models/language-model.ts';
import { packFor } from '../plan/template-pack.ts';
import type { AttackOutcome, TrialError } from '../records/trial.ts';
import type { PlacedRecord } from '../trials/placement.ts';
import type { ResolvedPlan } from '../trials/resolve.ts';
import type { Chunk, Trial } from '../trials/trials.ts';
import { answerClock, type AnswerTimes } from './answer-clock.ts';
import { answerOptions } from './answer.ts';
import { evaluate } from './evaluate.ts';
import { trialError } from './failures.ts';
import { plainRequest, runAttack, roleModels, type LoadedModels } from './loaded-models.ts';
import { createMeter, type SignalMeters } from './meter.ts';
import { readAnswer } from './read-answer.ts';
import { trialRecord } from './trial-record.ts';

export interface ChunkContext {
  readonly resolved: ResolvedPlan;
  readonly cast: LoadedModels;
  readonly model: LanguageModel;
  /** The same behind the same defenses, for attacks that edit the model itself. */
  readonly editableModel: LanguageModel;
  readonly meters: SignalMeters;
  /** Attack results by the seed of their trial: made once, replayed behind every defense. */
  readonly crafted: Map<string, AttackOutcome>;
  readonly signal: AbortSignal;
  readonly onStep: (trial: Trial, step: AttackStep) => void;
}

interface Answer {
  readonly reply: Generation | null;
  readonly error?: TrialError | undefined;
  readonly times?: AnswerTimes;
}

/** @returns one record a trial, in order. Nothing is returned unless all trials of the chunk have finished. */
export async function runChunk(chunk: Chunk, context: ChunkContext): Promise<readonly PlacedRecord[]> {
  const { resolved, cast, crafted, signal } = context;
  const { trials } = chunk;
  const startedAt = new Date().toISOString();
  const clock = stopwatch(trials.length);

  await craftAll(chunk, context);
  const made = trials.map(({ seed }) => crafted.get(seed)!);
  const attackMs = clock();

  const meters = made.map(({ usage }) => createMeter(usage));
  const answers = await sideBySide(trials, signal, (trial, joint, i) =>
    answer(trial, made[i]!, context, context.meters.signalFor(meters[i]!, joint)),
  );
  const answerMs = clock();

  const readings = await sideBySide(trials, signal, async (_trial, joint, i) => {
    const { reply } = answers[i]!;
    const translating = { signal: joint, ...roleModels(cast, meters[i]!) };
    return reply && readAnswer(made[i]!.result, reply.text, translating);
  });
  const scores = await sideBySide(trials, signal, async ({ behavior }, joint, i) => {
    const reading = readings[i]!;
    if (reading === null) return unscored(resolved, answers[i]!.error);
    const { messages, assistantPrefix } = made[i]!.result;
    return evaluate(
      resolved.evaluators,
      { behavior, messages, assistantPrefix, response: reading.text },
      { signal: joint, ...roleModels(cast, meters[i]!) },
    );
  });
  const scoreMs = clock();

  return trials.map(({ place, key, behavior, seed }, i) => {
    const { times, ...answered } = answers[i]!;
    return {
      place,
      record: trialRecord({
        key,
        behavior,
        templates: packFor(resolved.plan.templates, key.attack),
        replayedFrom: resolved.plan.replay?.[key.model],
        seed,
        made: made[i]!,
        ...answered,
        reading: readings[i]!,
        scores: scores[i]!,
        usage: meters[i]!.usage,
        times: { startedAt, attackMs, answerMs, scoreMs, ...times },
      }),
    };
  });
}

/**
 * Make sure that every attack of the chunk has its result. If one is missing all are made again, so that requests
 * meet in the same batches as the first time. White-box attacks fill the device alone and go one at a time.
 */
async function craftAll(
  { attack, trials }: Chunk,
  { resolved: { known }, cast, crafted, signal, onStep }: ChunkContext,
): Promise<void> {
  if (trials.every(({ seed }) => crafted.has(seed))) return;
  const make = async (trial: Trial, joint: AbortSignal): Promise<AttackOutcome> => {
    try {
      return await runAttack(cast, attack, { ...trial, known }, joint, (step) => onStep(trial, step));
    } catch (reason) {
      return {
        result: plainRequest(trial.behavior),
        steps: [],
        usage: {},
        error: trialError(reason, 'attack'),
      };
    }
  };
  if (attack.method.access === 'white-box') {
    for (const trial of trials) crafted.set(trial.seed, await make(trial, signal));
    return;
  }
  const made = await sideBySide(trials, signal, make);
  trials.forEach(({ seed }, i) => crafted.set(seed, made[i]!));
}

async function answer(
  { seed }: Trial,
  { result, error }: AttackOutcome,
  { resolved: { plan }, model, editableModel }: ChunkContext,
  signal: AbortSignal,
): Promise<Answer> {
  if (error) return { reply: null, error };
  const { topTokens } = plan.record;
  const clock = answerClock();
  try {
    const reply = await (result.edit ? editableModel : model).generate(result.messages, {
      ...answerOptions(result, plan.sampling, seed),
      signal,
      topTokens,
      // Telling the text of every token takes time that a run without tokens should not lose.
      ...(topTokens > 0 && { onToken: clock.onToken }),
    });
    return { reply, ...(topTokens > 0 && { times: clock.times(reply) }) };
  } catch (reason) {
    return { reply: null, error: trialError(reason, 'answer') };
  }
}

const unscored = ({ evaluators }: ResolvedPlan, error: TrialError | undefined) =>
  Object.fromEntries(
    evaluators.map(({ method }): [string, Score] => [
      method.id,
      { value: null, label: 'failed', explanation: error?.message ?? 'There is no answer.' },
    ]),
  );

/**
 * Work on all items at once. The first failure stops the others, and is thrown when they have stopped.
 * @param work is given a signal that also aborts when a sibling fails
 */
async function sideBySide<T, R>(
  items: readonly T[],
  signal: AbortSignal,
  work: (item: T, signal: AbortSignal, index: number) => Promise<R>,
): Promise<readonly R[]> {
  const siblings = new AbortController();
  const joint = AbortSignal.any([signal, siblings.signal]);
  const failures: unknown[] = [];
  const settled = await Promise.allSettled(
    items.map((item, i) =>
      work(item, joint, i).catch((reason: unknown) => {
        failures.push(reason);
        siblings.abort();
        throw reason;
      }),
    ),
  );
  if (failures.length > 0) throw failures[0];
  return settled.map((result) => (result as PromiseFulfilledResult<R>).value);
}
