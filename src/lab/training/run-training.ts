/** @file Runs a training: update after update, with looks at held-out data and checkpoints, from which it goes on. */
import { LabError } from '../../core/errors.ts';
import { fingerprint } from '../../core/hash.ts';
import { parseOptions } from '../../core/options.ts';
import { startStopwatch } from '../../core/stopwatch.ts';
import { finetune, learnerOptions, type FinetuningSettings } from '../../finetuning/finetune.ts';
import type { FinetuningMethod } from '../../finetuning/finetuning.ts';
import { finetunings } from '../../finetuning/index.ts';
import { turn } from '../../models/decoding/join.ts';
import type { Learner, WhiteBoxModel } from '../../models/language-model.ts';
import { lastCheckpoint, saveCheckpoint, type Looks } from './checkpoint.ts';
import { heldOutOf } from './held-out.ts';
import type { KeptFolder } from './kept-folder.ts';
import { dataNotes, dataOf, splitData } from './training-data.ts';
import type { HeldOutLosses, TrainingEvent } from '../records/training.ts';
import type { TrainingPlan } from '../plan/training-plan.ts';

export interface ResolvedTraining {
  readonly plan: TrainingPlan;
  readonly method: FinetuningMethod;
  readonly options: ReturnType<typeof parseOptions>;
  readonly settings: FinetuningSettings;
  /** Equal for trainings that come to the same weights. */
  readonly name: string;
}

/** The plan with the method's own recipe where it says nothing. @throws LabError 'unknown-method', 'bad-options' or 'not-supported' */
export function resolveTraining(plan: TrainingPlan): ResolvedTraining {
  const method = finetunings.get(plan.method.id);
  const options = parseOptions(method.options, plan.method.options, method.id);
  const { recipe } = method;
  const steps = plan.steps ?? recipe.steps;
  const settings: FinetuningSettings = {
    ...{ seed: plan.seed, steps, weightDecay: plan.weightDecay },
    learningRate: plan.learningRate ?? recipe.learningRate,
    warmupSteps: plan.warmupSteps ?? Math.min(recipe.warmupSteps, steps - 1),
    adapters: plan.adapters
      ? {
          ...{ rank: plan.adapters.rank, alpha: plan.adapters.alpha ?? 2 * plan.adapters.rank },
          ...(plan.adapters.projections && { projections: plan.adapters.projections }),
        }
      : null,
  };
  if (settings.adapters && method.setsWeights)
    throw new LabError(
      'not-supported',
      `"${method.id}" changes the weights themselves, and adapters leave them.`,
      {
        advice: 'Leave "adapters" (or --rank) out.',
      },
    );
  const { model, data, patience = null } = plan;
  // With `patience` it ends where looks say so, and those are made every so often.
  const looks = patience === null ? null : [patience, plan.evaluateEvery];
  const parts = [model, method.id, options, settings, data, heldOutShare(plan), looks];
  return { plan, method, options, settings, name: fingerprint(JSON.stringify(parts)) };
}

/** Without looks nothing is held out. */
const heldOutShare = ({ evaluateEvery, heldOut }: TrainingPlan): number => (evaluateEvery > 0 ? heldOut : 0);

export interface TrainingJob {
  readonly training: ResolvedTraining;
  /** As it was before; it does not change. */
  readonly model: WhiteBoxModel;
  /** Holds the checkpoints. */
  readonly folder: KeptFolder;
  /** Go on after so many updates, of which there is a checkpoint. Default: after the last checkpoint, or from the beginning where there is none. */
  readonly at?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Trained {
  readonly weights: Awaited<ReturnType<Learner['adapters']>>;
  readonly steps: number;
  readonly endedEarly: boolean;
  /** Held-out losses before the first update and after the last; `null` where nothing is held out. */
  readonly before: HeldOutLosses | null;
  readonly after: HeldOutLosses | null;
}

/**
 * The weights after a training that goes on from a checkpoint are those of one without a break, on the same device.
 * @throws LabError 'bad-input' for data or a checkpoint that do not fit; 'not-finite' if it broke, with the checkpoint to go on
 *   from; 'out-of-memory'; or the signal's reason
 */
export async function* runTraining(job: TrainingJob): AsyncGenerator<TrainingEvent, Trained> {
  const { training, model, folder, at, signal } = job;
  const { plan, method, options, settings, name } = training;
  const data = dataOf(plan);
  const { train, heldOut } = splitData(data, heldOutShare(plan));
  for (const message of dataNotes(data)) yield { type: 'note', message };

  const learner = await model.learner(learnerOptions(settings));
  /** Updates of the last good checkpoint. */
  let saved: number | null = null;
  try {
    const watched = heldOutOf(model, learner, heldOut);
    const { checkpoint: from, damaged } = await lastCheckpoint(folder, name, at);
    for (const step of damaged)
      yield { type: 'note', message: `The checkpoint after update ${step} is damaged, and was passed over.` };
    if (from) learner.restore(from.state);
    if (from) yield { type: 'note', message: `It goes on after update ${from.step} of ${settings.steps}.` };
    let looks: Looks = from?.looks ?? { before: null, after: null, best: null, since: 0 };
    let [last, endedEarly] = [from?.step ?? 0, false];
    saved = from?.step ?? null;
    const look = async (step: number) => {
      const losses = await watched.losses();
      return { type: 'evaluation', step, losses, samples: await watched.samples(signal) } as const;
    };
    if (plan.evaluateEvery > 0 && !from) {
      const first = await look(0);
      looks = { ...looks, before: first.losses };
      yield first;
    }
    const isOver = () => plan.patience !== undefined && looks.since >= plan.patience && last < settings.steps;
    endedEarly = isOver();
    const clock = startStopwatch();
    const updates = finetune({
      ...{ method, options, model, learner, settings, signal },
      ...{ data: train, from: last, memory: from?.memory },
    });
    for await (const { memory, ...update } of endedEarly ? [] : updates) {
      const ms = clock.lapMs();
      last = update.step;
      const mean = clock.elapsedMs() / (last - (from?.step ?? 0));
      yield {
        ...{ type: 'step', ...update, steps: settings.steps },
        tokensPerSecond: (1000 * update.tokens) / Math.max(1e-3, ms),
        leftMs: mean * (settings.steps - last),
      };
      if (plan.evaluateEvery > 0 && (last % plan.evaluateEvery === 0 || last === settings.steps)) {
        const seen = await look(last);
        yield seen;
        looks = after(looks, seen.losses);
      }
      endedEarly = isOver();
      if (last % plan.checkpointEvery === 0 || last === settings.steps || endedEarly) {
        await saveCheckpoint(folder, { step: last, state: await learner.state(), memory, looks }, name);
        saved = last;
        yield { type: 'checkpoint', step: last };
      }
      clock.lapMs();
      if (endedEarly) break;
      await turn();
    }
    const { before, after: now } = looks;
    return { weights: await learner.adapters(), steps: last, endedEarly, before, after: now };
  } catch (error) {
    throw explained(error, saved);
  } finally {
    learner.dispose();
  }
}

function after(looks: Looks, losses: HeldOutLosses): Looks {
  // What a defense is to lower: the losses of what should be said.
  const aim = (losses.benign ?? 0) + (losses.safe ?? 0);
  const isBest = looks.best === null || aim < looks.best;
  return { ...looks, after: losses, ...(isBest ? { best: aim, since: 0 } : { since: looks.since + 1 }) };
}

/** A training that broke names the checkpoint to go on from. */
function explained(error: unknown, saved: number | null): unknown {
  if (!(error instanceof LabError) || error.code !== 'not-finite') return error;
  const kept =
    saved === null
      ? ' No checkpoint was made before.'
      : ` The last good checkpoint, after update ${saved}, is kept.`;
  return new LabError('not-finite', error.message + kept, { advice: error.advice, cause: error });
}
