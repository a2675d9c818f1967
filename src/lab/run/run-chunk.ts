/**
 * @file The one path of every trial: attack, answer, read, evaluate, record. A run takes the trials of a chunk along it
 * side by side, a single request one trial alone.
 */
import type { AttackStep } from '../../attacks/attack.ts';
import { startStopwatch } from '../../core/stopwatch.ts';
import type { Generation } from '../../models/language-model.ts';
import { packFor } from '../plan/template-pack.ts';
import type { AttackOutcome } from '../records/trial.ts';
import type { PlacedRecord } from '../trials/placement.ts';
import type { TrialSettings } from '../trials/resolve.ts';
import type { Chunk, Trial } from '../trials/trials.ts';
import { checkVisible } from './adaptive-target.ts';
import { answerRound, type AskedTrial, type ScoredAnswer } from './answer-round.ts';
import { plainRequest, runAttack, type AttackInput } from './attack.ts';
import type { ChunkContext } from './chunk-context.ts';
import { lessonName } from './learn.ts';
import { createMeter, sumByRole } from './meter.ts';
import { sideBySide } from './side-by-side.ts';
import { trialRecord } from './trial-record.ts';

export interface FinishedTrial extends PlacedRecord {
  /** `null`: there is no answer, for the reason in the record. */
  readonly generation: Generation | null;
}

type RunnableChunk = Pick<Chunk, 'attack' | 'mode' | 'stack' | 'trials'>;

/** @returns one finished trial each, in order. Nothing is returned unless all trials of the chunk have finished. */
export async function runChunk(
  chunk: RunnableChunk,
  context: ChunkContext,
): Promise<readonly FinishedTrial[]> {
  const { settings, outcomes, pausePoint, toSend = (result) => result } = context;
  const { trials } = chunk;
  const startedAt = new Date().toISOString();
  const watch = startStopwatch();

  await runAttacks(chunk, context);
  const asked = trials.map((trial): AskedTrial => {
    const outcome = outcomes.get(trial.seed)!;
    return { trial, outcome, sent: toSend(outcome.result), answering: createMeter(), judging: createMeter() };
  });
  const attackMs = watch.lapMs(trials.length) - (pausePoint?.pausedMs ?? 0);

  const { answers, ...spent } = await answerRound(asked, 0, context);
  const times = { answerMs: spent.answerMs, scoreMs: spent.scoreMs };
  const further: (readonly ScoredAnswer[])[] = [];
  for (let sample = 1; sample < (settings.samples ?? 1); sample++) {
    const round = await answerRound(asked, sample, context);
    further.push(round.answers);
    times.answerMs += round.answerMs;
    times.scoreMs += round.scoreMs;
  }

  return asked.map(({ trial, outcome, sent, answering, judging }, i) => {
    const { place, key, behavior, seed } = trial;
    const { times: ofTokens, ...first } = answers[i]!;
    const record = trialRecord({
      key,
      behavior,
      templates: packFor(settings.templates, key.attack),
      replayedFrom: settings.replay?.[key.model],
      seed,
      outcome: { ...outcome, result: sent },
      ...first,
      samples: further.map((round) => round[i]!),
      usage: [answering.usage, judging.usage].reduce(sumByRole, outcome.usage),
      answerUsage: answering.usage,
      otherEngine: context.defended.usesOtherEngine(sent),
      times: { startedAt, attackMs, ...times, ...ofTokens },
    });
    return { place, record, generation: first.generation };
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
async function runAttacks(
  { attack, mode, stack, trials }: RunnableChunk,
  context: ChunkContext,
): Promise<void> {
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
