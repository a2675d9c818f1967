/** @file Fine-tuning of a model by a method: update after update, each from the seed and its index alone. */
import { LabError } from '../core/errors.ts';
import type { OptionsSpec, OptionValues } from '../core/options.ts';
import { createRandom } from '../core/random.ts';
import type { Learner, LearnerOptions, TrainingStep, WhiteBoxModel } from '../models/language-model.ts';
import type { TrainingData } from '../core/training-data.ts';
import type { FinetuningMethod, Memory, Update } from './finetuning.ts';

export interface FinetuningSettings {
  readonly seed: number;
  /** Updates in all. */
  readonly steps: number;
  readonly learningRate: number;
  /** Updates until the learning rate has reached its peak; from there a cosine leads to 0. */
  readonly warmupSteps: number;
  readonly weightDecay: number;
  /** `null`: all weights are trained. */
  readonly adapters: LearnerOptions['adapters'] | null;
}

export const learnerOptions = ({
  seed,
  steps,
  learningRate,
  warmupSteps,
  weightDecay,
  adapters,
}: FinetuningSettings): LearnerOptions => ({
  ...{ learningRate, weightDecay },
  schedule: { warmupSteps, totalSteps: steps },
  ...(adapters && { adapters: { seed: `${seed}/adapters`, ...adapters } }),
});

export interface FinetuningStep extends Pick<TrainingStep, 'gradNorm' | 'learningRate'> {
  /** Updates made, this one included. */
  readonly step: number;
  /** As the method gives them, before the update. */
  readonly figures: Readonly<Record<string, number>>;
  /** Tokens that the update read, padding included. */
  readonly tokens: number;
  /** Of the methods that have one: with the learner's state, what training goes on from. */
  readonly memory?: Memory;
}

export interface Finetuning {
  readonly method: FinetuningMethod;
  readonly options: OptionValues<OptionsSpec>;
  /** As it was before training. */
  readonly model: WhiteBoxModel;
  /** Of that model, with `learnerOptions`; where training goes on, restored. */
  readonly learner: Learner;
  readonly data: TrainingData;
  readonly settings: FinetuningSettings;
  /** Updates made before. Default: 0. */
  readonly from?: number;
  /** That of the step before `from`, if it had one. */
  readonly memory?: Memory | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The updates from `from` on. The learner's state after each is that of training without a break.
 * @throws LabError 'bad-input' for data that the method cannot use; 'not-supported' for adapters that it cannot train; 'not-finite' if an update has no numbers, which leaves the
 *   learner without any: go on from a state saved before
 */
export async function* finetune({
  method,
  options,
  model,
  learner,
  data,
  settings,
  from = 0,
  memory,
  signal,
}: Finetuning): AsyncGenerator<FinetuningStep, void> {
  if (method.setsWeights && settings.adapters) throw withAdapters(method.id);
  const random = createRandom(`${settings.seed}/${method.id}`);
  const { steps } = settings;
  const objective = await method.objective(options, {
    ...{ model, training: learner, data, random, steps, signal },
  });
  if (from > 0 && objective.memory) {
    if (!memory) throw forgotten(method.id);
    objective.memory.restore(memory);
  }
  for (let index = from; index < steps; index++) {
    signal?.throwIfAborted();
    const { batches, figures = {}, weights } = await objective.update(index);
    const unreadable = Object.entries(figures).find(([, value]) => !Number.isFinite(value));
    if (unreadable) throw lost(method.id, index + 1, `its ${unreadable[0]} is no number`);
    const taken = weights ? setWeights(learner, weights) : learner.step(...batches);
    const { loss, gradNorm, learningRate } = await taken.catch((error: unknown) => {
      if (error instanceof LabError && error.code === 'not-finite')
        throw lost(method.id, index + 1, 'its gradients are no numbers');
      throw error;
    });
    const tokens = batches.reduce((sum, { ids }) => sum + ids.length, 0);
    const kept = objective.memory && { memory: objective.memory.read() };
    yield { step: index + 1, figures: { loss, ...figures }, tokens, gradNorm, learningRate, ...kept };
  }
}

/** Puts weights in place, as an update without a gradient. */
async function setWeights(learner: Learner, weights: NonNullable<Update['weights']>): Promise<TrainingStep> {
  const state = await learner.state();
  learner.restore({ ...state, step: state.step + 1, weights: new Map([...state.weights, ...weights]) });
  return { loss: 0, gradNorm: 0, learningRate: 0 };
}

const withAdapters = (method: string): LabError =>
  new LabError('not-supported', `"${method}" changes the weights themselves, and adapters leave them.`, {
    advice: 'Train all weights.',
  });

const forgotten = (method: string): LabError =>
  new LabError('bad-input', `The checkpoint lacks what "${method}" carries from update to update.`, {
    advice: 'Start from the beginning, or from a checkpoint of this method.',
  });

const lost = (method: string, step: number, how: string): LabError =>
  new LabError('not-finite', `"${method}" broke at update ${step}: ${how}.`, {
    advice: 'Lower the learning rate, or go on from the last checkpoint with another seed.',
  });
