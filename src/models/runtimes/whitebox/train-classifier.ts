/**
 * @file Training of a Llama-family sequence classifier: cross-entropy of the label, read after the last token of each
 * text. Its configuration names the labels; its weights have `score.weight` in place of an output head.
 */
import type { ArrayDevice } from '../../arrays/array-device.ts';
import type { TrainerOptions, TrainerState, TrainingStep } from '../../language-model.ts';
import type { LlamaConfig } from '../../llama.ts';
import type { Tensors } from '../../safetensors.ts';
import { softmax } from '../../decoding/sampler.ts';
import { createDescent } from './descent.ts';
import type { Task } from './task.ts';

export interface LabeledText {
  /** Token ids as the model will read them, special tokens included; at least one. */
  readonly ids: readonly number[];
  /** Index of the right label among those of the configuration. */
  readonly label: number;
  /** Weight of the text in the loss. Default 1. */
  readonly weight?: number;
}

export interface ClassifierTrainer {
  readonly config: LlamaConfig;
  /** One update by the mean loss, in nats, of a batch. Texts of similar length waste the least computation. */
  step(batch: readonly LabeledText[]): Promise<TrainingStep>;
  /** Loss of a batch under the current weights; nothing is updated. */
  evaluate(batch: readonly LabeledText[]): Promise<number>;
  /** @returns one array per text, of shape [labels], each summing to 1 */
  classify(texts: readonly (readonly number[])[]): Promise<Float32Array[]>;
  /** Copies by Hugging Face name. */
  weights(): Promise<Tensors>;
  state(): Promise<TrainerState>;
  /** @throws LabError 'bad-model' if the state belongs to another configuration. */
  restore(state: TrainerState): void;
  /** Free all device memory. The trainer cannot be used afterwards. */
  dispose(): void;
}

function taskOf(batch: readonly LabeledText[]): Task {
  if (batch.length === 0 || batch.some(({ ids }) => ids.length === 0))
    throw new RangeError('A batch needs a text, and each text a token.');
  return {
    rows: batch.map(({ ids }) => ids),
    predictions: batch.map(({ ids, label, weight = 1 }, row) => ({
      row,
      at: ids.length - 1,
      target: label,
      weight,
    })),
  };
}

/**
 * A trainer that owns a copy of `weights`.
 * @throws LabError 'bad-model' if weights are missing or misshapen; RangeError if the configuration names no labels.
 */
export function createClassifierTrainer(
  device: ArrayDevice,
  config: LlamaConfig,
  weights: Tensors,
  options: TrainerOptions,
): ClassifierTrainer {
  const { labels } = config;
  if (!labels) throw new RangeError('The configuration of a classifier needs labels.');
  const checked = (batch: readonly LabeledText[]) => {
    const mislabeled = batch.find(({ label }) => !(label in labels));
    if (mislabeled) throw new RangeError(`There is no label ${mislabeled.label} among ${labels.join(', ')}.`);
    return taskOf(batch);
  };
  const descent = createDescent(device, config, { weights }, options);
  return {
    config,
    step: async (batch) => descent.step([checked(batch)]),
    evaluate: async (batch) => descent.evaluate(checked(batch)),
    classify: async (texts) => (await descent.lastLogits(texts)).map(softmax),
    weights: async () => descent.values(),
    state: async () => descent.state(),
    restore: descent.restore,
    dispose: descent.dispose,
  };
}
