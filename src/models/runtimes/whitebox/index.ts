/**
 * @file The white-box runtime: a Llama-family model in jax-js, on WebGPU or WASM, that can be scored, decoded,
 * differentiated, edited and trained. Everything is float32. For plain generation the transformers runtime is faster.
 */
import { defaultDevice, init } from '@jax-js/jax';
import { LabError } from '../../../core/errors.ts';
import type { ModelEntry } from '../../catalog.ts';
import { createChatTokenizer } from '../../chat-tokenizer.ts';
import { checkTask, readDescription } from '../../description.ts';
import { openFolder, type FolderOptions, type ModelFolder } from '../../files.ts';
import type { Tensor } from '../../language-model.ts';
import { parseLlamaConfig, type LlamaConfig } from '../../llama.ts';
import type { Tensors } from '../../safetensors.ts';
import { indexFile, openWeights, weightFileNames } from '../../weight-files.ts';
import { findWeights } from '../../weight-names.ts';
import { explain } from './errors.ts';
import { createWhiteBoxModel, type JaxModel } from './model.ts';
import { selfTest } from './self-test.ts';

export { createWhiteBoxModel } from './model.ts';
export type { JaxModel, JaxModelParts } from './model.ts';
export { createTrainer } from './train.ts';
export type { Trainer, TrainingBatch } from './train.ts';
export { createClassifierTrainer } from './train-classifier.ts';
export type { ClassifierTrainer, LabeledText } from './train-classifier.ts';
export type { TrainerOptions, TrainerState, TrainingStep } from './training.ts';

export interface WhiteBoxOptions extends FolderOptions {
  /** jax-js has one default device, so all white-box models of a worker share it. */
  readonly device: 'wasm' | 'webgpu';
}

/**
 * @throws LabError 'unknown-model', 'unreachable' or 'bad-model' for the files; 'not-supported' if config.json asks
 *   for what this runtime lacks; 'no-webgpu' if there is none or its numbers are wrong; 'out-of-memory'; or the
 *   signal's reason
 */
export async function loadWhiteBoxModel(entry: ModelEntry, options: WhiteBoxOptions): Promise<JaxModel> {
  const { device, signal } = options;
  const devices = await init(device);
  if (!devices.includes(device))
    throw new LabError('no-webgpu', `${entry.id} was to run on WebGPU, which this browser or device lacks.`, {
      advice: 'Switch the device to the processor (WASM).',
    });
  defaultDevice(device);
  const folder = openFolder(entry.source, options);
  const description = await readDescription(folder, entry.source);
  checkTask(entry.id, description, 'text-generation');
  const { config, tokenizer } = description;
  const parsed = parseLlamaConfig(config); // before the weights, which may be large
  const chatTokenizer = createChatTokenizer(tokenizer);
  const weights = await readWeights(folder, parsed);
  signal?.throwIfAborted();
  const parts = { id: entry.id, config: parsed, weights, tokenizer: chatTokenizer };
  const start = async () => {
    const model = createWhiteBoxModel(parts);
    if (device === 'webgpu') await selfTest(model, await folder.optionalJson('selftest.json'));
    return model;
  };
  return explain(entry.id, start());
}

/** The tensors that `config` calls for. Shapes are compared before values are read. */
async function readWeights(folder: ModelFolder, config: LlamaConfig): Promise<Tensors> {
  const files: Blob[] = [];
  for (const name of weightFileNames(await folder.optionalJson(indexFile)))
    files.push(await folder.blob(name));
  const tensors = new Map<string, Tensor>();
  for (const [name, { shape, read }] of findWeights(config, await openWeights(files)))
    tensors.set(name, { shape, data: await read() });
  return tensors;
}
