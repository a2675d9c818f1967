/** @file Training of a Llama-family language model: weighted cross-entropy of the next token. */
import type { ArrayDevice } from '../../arrays/array-device.ts';
import type { TrainingRow } from '../../language-model.ts';
import type { LlamaConfig } from '../../llama.ts';
import type { Tensors } from '../../safetensors.ts';
import { createDescent, type Descent, type Trained } from './descent.ts';
import type { Shifts } from './shifts.ts';
import type { HiddenGradient, Task } from './task.ts';
import type { TrainerOptions, TrainerState, TrainingStep } from './training.ts';

export type { TrainerOptions, TrainerState, TrainingStep } from './training.ts';

/** Rows of natural token sequences, padded on the right with any id. */
export interface TrainingBatch {
  /** Row-major, shape [B, T]. */
  readonly ids: Int32Array;
  /**
   * Shape [B, T]: how much predicting token (b, t) from the tokens before it counts. Prompt and padding: 0.
   * The first token of a row has nothing before it, so its weight is ignored. Weights may be negative.
   */
  readonly lossWeights: Float32Array;
  readonly shape: readonly [rows: number, length: number];
  /**
   * The loss is Σ weight·CE / normalizer. Default: the sum of the weights, which makes it a weighted mean.
   * With 1, any loss that is a function of row log-probs can be minimized: take `logProbs`, differentiate by hand, and
   * pass minus the derivatives as weights.
   */
  readonly normalizer?: number;
  /**
   * Gradients of further terms of the loss with respect to hidden states, as `hiddenStates` gives them. With these, no token
   * needs a weight.
   */
  readonly hidden?: readonly HiddenGradient[];
  /** Added to the stream while the batch is read: [B, T, d] at each layer boundary. */
  readonly shifts?: Shifts;
}

/** Rows as one batch in which all trained tokens have weight 1. */
export function batchOf(rows: readonly TrainingRow[]): TrainingBatch {
  const length = Math.max(0, ...rows.map(({ ids }) => ids.length));
  const ids = new Int32Array(rows.length * length);
  const lossWeights = new Float32Array(ids.length);
  for (const [row, { ids: rowIds, from }] of rows.entries()) {
    ids.set(rowIds, row * length);
    lossWeights.fill(1, row * length + from, row * length + rowIds.length);
  }
  return { ids, lossWeights, shape: [rows.length, length] };
}

export interface Trainer {
  readonly config: LlamaConfig;
  /**
   * One update, from the sum of the losses of some batches, which are read one after the other: what does not fit side by
   * side makes one step all the same, if each batch is given the normalizer of the whole.
   * @throws RangeError if a batch's arrays do not fit its shape, or nothing of it has a weight
   */
  step(...batches: readonly TrainingBatch[]): Promise<TrainingStep>;
  /** Loss of a batch under the current weights; nothing is updated. */
  evaluate(batch: TrainingBatch): Promise<number>;
  /** @returns shape [B, T]: log p(token t | tokens before it), nats; 0 for the first token of each row. */
  logProbs(batch: Pick<TrainingBatch, 'ids' | 'shape'>): Promise<Float32Array>;
  /**
   * The residual stream at some boundaries, 0 (the embedding) to the number of layers (before the final norm).
   * @returns by boundary, shape [B, T, d]
   */
  hiddenStates(
    batch: Pick<TrainingBatch, 'ids' | 'shape' | 'shifts'>,
    boundaries: readonly number[],
  ): Promise<ReadonlyMap<number, Float32Array>>;
  /** Gradients of the loss with respect to the shifts of a batch, [B, T, d] at each of their boundaries. */
  shiftGradients(batch: TrainingBatch): Promise<ReadonlyMap<number, Float32Array>>;
  /** Copies by Hugging Face name. */
  weights(): Promise<Tensors>;
  state(): Promise<TrainerState>;
  /** @throws LabError 'bad-model' if the state belongs to another configuration. */
  restore(state: TrainerState): void;
  /** Free all device memory. The trainer cannot be used afterwards. */
  dispose(): void;
}

/** Every token of non-zero weight, predicted from the position before it, in the order of the batch. */
function taskOf({ ids, lossWeights, shape, normalizer, hidden, shifts }: TrainingBatch): Task {
  const [rows, length] = shape;
  if (ids.length !== rows * length || lossWeights.length !== rows * length)
    throw new RangeError(`A batch of shape [${rows}, ${length}] needs ${rows * length} ids and weights.`);
  const predictions = Array.from(lossWeights, (weight, i) => ({
    row: Math.floor(i / length),
    at: (i % length) - 1,
    target: ids[i]!,
    weight,
  })).filter(({ at, weight }) => at >= 0 && weight !== 0);
  if (predictions.length === 0 && !hidden?.length)
    throw new RangeError('No token of the batch has a loss weight.');
  return { rows: linesOf({ ids, shape }), predictions, normalizer, hidden, shifts };
}

const linesOf = ({ ids, shape: [rows, length] }: Pick<TrainingBatch, 'ids' | 'shape'>) =>
  Array.from({ length: rows }, (_, row) => ids.subarray(row * length, (row + 1) * length));

/** A trainer that owns a copy of `weights`. @throws LabError 'bad-model' if weights are missing or misshapen. */
export const createTrainer = (
  device: ArrayDevice,
  config: LlamaConfig,
  weights: Tensors,
  options: TrainerOptions,
): Trainer => trainerOf(config, createDescent(device, config, { weights }, options));

/** A trainer of low-rank adapters beside weights that stay as they are; `weights()` and `state()` are those of adapters. */
export const createAdapterTrainer = (
  device: ArrayDevice,
  config: LlamaConfig,
  adapters: Exclude<Trained, { readonly weights: Tensors }>,
  options: TrainerOptions,
): Trainer => trainerOf(config, createDescent(device, config, adapters, options));

const trainerOf = (config: LlamaConfig, descent: Descent): Trainer => ({
  config,
  step: async (...batches) => descent.step(batches.map(taskOf)),
  evaluate: async (batch) => descent.evaluate(taskOf(batch)),
  async logProbs({ ids, shape }) {
    const task = taskOf({ ids, shape, lossWeights: new Float32Array(ids.length).fill(1) });
    const values = await descent.logProbs(task);
    const out = new Float32Array(ids.length);
    task.predictions.forEach(({ row, at }, i) => (out[row * shape[1] + at + 1] = values[i]!));
    return out;
  },
  hiddenStates: async (batch, boundaries) =>
    descent.hiddenStates({ rows: linesOf(batch), shifts: batch.shifts }, boundaries),
  shiftGradients: async (batch) => descent.shiftGradients(taskOf(batch)),
  weights: async () => descent.values(),
  state: async () => descent.state(),
  restore: descent.restore,
  dispose: descent.dispose,
});
