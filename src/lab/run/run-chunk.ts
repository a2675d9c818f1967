/**
 * @file The one path of every trial: attack, answer, read, evaluate, record. A run takes the trials of a chunk along it
 * side by side, a single request one trial alone.
 */
import type { AttackResult, AttackStep } from '../../attacks/attack.ts';
import { startStopwatch } from '../../core/stopwatch.ts';
import type { Score } from '../../evaluators/evaluator.ts';
import type { Generation } from '../../models/language-model.ts';
import { packFor } from '../plan/template-pack.ts';
import type { AttackOutcome, TrialError } from '../records/trial.ts';
import type { PlacedRecord } from '../trials/placement.ts';
import type { TrialSettings } from '../trials/resolve.ts';
import type { Chunk, Trial } from '../trials/trials.ts';
import { checkVisible } from './adaptive-target.ts';
import { answer, type Answer, type AnswerListeners } from './answer.ts';
import { plainRequest, runAttack, type AttackInput } from './attack.ts';
import { evaluate } from './evaluate.ts';
import { lessonName, type Lessons } from './learn.ts';
import type { DefendedModel } from './defended-model.ts';
import { roleModels, type LoadedModels } from './loaded-models.ts';
import { createMeter, sumByRole, type SignalMeters } from './meter.ts';
import type { PausePoint } from './pause.ts';
import { readAnswer } from '../../attacks/parts/read-answer.ts';
import { trialRecord } from './trial-record.ts';

export interface ChunkContext extends AnswerListeners {
  readonly settings: TrialSettings;
  readonly models: LoadedModels;
  readonly defended: DefendedModel;
  readonly meters: SignalMeters;
  /** Attack outcomes by the seed of their trial; those that are made are added. */
  readonly outcomes: Map<string, AttackOutcome>;
  /** What attacks learned before the first trial. */
  readonly lessons: Lessons;
  readonly onStep: (trial: Trial, step: AttackStep) => void;
  /** The failure as one to record with its trial. @throws the failure itself, to end the chunk */
  readonly recordable: (failure: unknown, during: TrialError['during']) => TrialError;
  readonly pausePoint?: PausePoint;
  /** What is really sent, given the result of the attack. Default: that result. */
  readonly toSend?: (result: AttackResult) => AttackResult;
}

export interface FinishedTrial extends PlacedRecord {
  /** `null`: there is no answer, for the reason in the record. */
  readonly generation: Generation | null;
}

type AnswerOrError = Partial<Answer> & { readonly error?: TrialError };

/** @returns one finished trial each, in order. Nothing is returned unless all trials of the chunk have finished. */
export async function runChunk(chunk: Chunk, context: ChunkContext): Promise<readonly FinishedTrial[]> {
  const { settings, models, outcomes, signal, pausePoint, toSend = (result) => result } = context;
  const { trials } = chunk;
  const startedAt = new Date().toISOString();
  const watch = startStopwatch();

  await runAttacks(chunk, context);
  const sent = trials.map(({ seed }): AttackOutcome => {
    const outcome = outcomes.get(seed)!;
    return { ...outcome, result: toSend(outcome.result) };
  });
  const attackMs = watch.lapMs(trials.length) - (pausePoint?.pausedMs ?? 0);

  const answerMeters = sent.map(() => createMeter());
  const answers = await sideBySide(trials, signal, (trial, joint, i) =>
    answerOrError(trial, sent[i]!, context, context.meters.signalFor(answerMeters[i]!, joint)),
  );
  const meters = sent.map(({ usage }, i) => createMeter(sumByRole(usage, answerMeters[i]!.usage)));
  const answerMs = watch.lapMs(trials.length);

  const readings = await sideBySide(trials, signal, async (_trial, joint, i) => {
    const { generation } = answers[i]!;
    const translating = { signal: joint, ...roleModels(models, meters[i]!) };
    return generation ? readAnswer(sent[i]!.result, generation.text, translating) : null;
  });
  const scores = await sideBySide(trials, signal, async ({ behavior }, joint, i) => {
    const reading = readings[i]!;
    if (reading === null) return unscored(settings, answers[i]!.error);
    const { messages, assistantPrefix } = sent[i]!.result;
    const { finishReason, thoughts } = answers[i]!.generation!;
    return evaluate(
      settings.evaluators,
      { behavior, messages, assistantPrefix, response: reading.text, finishReason, thoughts },
      { signal: joint, ...roleModels(models, meters[i]!) },
    );
  });
  const scoreMs = watch.lapMs(trials.length);

  return trials.map(({ place, key, behavior, seed }, i) => {
    const { generation = null, times, error } = answers[i]!;
    const record = trialRecord({
      key,
      behavior,
      templates: packFor(settings.templates, key.attack),
      replayedFrom: settings.replay?.[key.model],
      seed,
      outcome: sent[i]!,
      generation,
      error,
      reading: readings[i]!,
      scores: scores[i]!,
      usage: meters[i]!.usage,
      answerUsage: answerMeters[i]!.usage,
      otherEngine: context.defended.usesOtherEngine(sent[i]!.result),
      times: { startedAt, attackMs, answerMs, scoreMs, ...times },
    });
    return { place, record, generation };
  });
}

export const textSettings = ({ pack, templates, sampling }: TrialSettings): AttackInput['texts'] => ({
  pack,
  own: templates,
  answerTokens: sampling.maxNewTokens,
});

/**
 * Make sure that every attack of the chunk has its outcome. If one is missing all are computed again, so that requests
 * meet in the same batches as the first time. White-box attacks fill the device alone and go one at a time.
 */
async function runAttacks({ attack, mode, stack, trials }: Chunk, context: ChunkContext): Promise<void> {
  const { settings, models, defended, meters, outcomes, lessons } = context;
  const { signal, onStep, recordable, pausePoint } = context;
  if (trials.every(({ seed }) => outcomes.has(seed))) return;
  const outcomeOf = async (trial: Trial, joint: AbortSignal): Promise<AttackOutcome> => {
    if (attack === null) return withoutSteps(trial);
    const adaptive = mode === 'adaptive';
    const lesson = lessons.get(lessonName(attack.method.id, adaptive ? stack.name : undefined));
    if (lesson && 'error' in lesson) return { ...withoutSteps(trial), error: lesson.error };
    const { trainingBehaviors } = settings;
    const { access } = attack.method;
    const input = {
      ...trial,
      texts: textSettings(settings),
      limits: settings,
      trainingBehaviors,
      learned: lesson?.value,
      ...(adaptive && { behind: { defended, meters } }),
    };
    const listeners = { signal: joint, onStep: (step: AttackStep) => onStep(trial, step), pausePoint };
    let seen: Pick<AttackOutcome, 'tier' | 'sights'> = {};
    try {
      if (adaptive) {
        checkVisible(defended, access);
        const { sights } = defended.seen;
        seen = { tier: access, ...(access !== 'black-box' && sights.length > 0 && { sights }) };
      }
      return { ...(await runAttack(models, attack, input, listeners)), ...seen };
    } catch (failure) {
      return { ...withoutSteps(trial), ...seen, error: recordable(failure, 'attack') };
    }
  };
  if (attack?.method.access === 'white-box') {
    for (const trial of trials) outcomes.set(trial.seed, await outcomeOf(trial, signal));
    return;
  }
  const computed = await sideBySide(trials, signal, outcomeOf);
  trials.forEach(({ seed }, i) => outcomes.set(seed, computed[i]!));
}

const withoutSteps = ({ behavior }: Trial): AttackOutcome => ({
  result: plainRequest(behavior),
  steps: [],
  usage: {},
});

async function answerOrError(
  { seed }: Trial,
  { result, error }: AttackOutcome,
  { settings, defended, recordable, onToken, forced }: ChunkContext,
  signal: AbortSignal,
): Promise<AnswerOrError> {
  if (error) return { error };
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

const unscored = ({ evaluators }: TrialSettings, error: TrialError | undefined) =>
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
