/** @file Training of a Llama-family language model: weighted cross-entropy of the next token. */
import type { ArrayDevice } from '../../arrays/array-device.ts';
import type { TrainerOptions, Training, TrainingBatch, TrainingRow } from '../../language-model.ts';
import type { LlamaConfig } from '../../llama.ts';
import type { Tensors } from '../../safetensors.ts';
import { createDescent, type Descent, type Trained } from './descent.ts';
import type { Task } from './task.ts';

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

export interface Trainer extends Training {
  readonly config: LlamaConfig;
  /** Copies by Hugging Face name. */
  weights(): Promise<Tensors>;
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
