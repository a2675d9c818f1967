/**
 * @file The white-box runtime: a Llama-family model in jax-js, on WebGPU or WASM, that can be scored, decoded,
 * differentiated, edited and trained. Everything is float32. For plain generation the transformers runtime is faster.
 */
import { defaultDevice, init } from '@jax-js/jax';
import { z } from 'zod';
import { LabError } from '../../../core/errors.ts';
import { issueTexts } from '../../../core/excerpt.ts';
import type { ModelEntry } from '../../catalog.ts';
import { createChatTokenizer } from '../../chat-tokenizer.ts';
import { checkTask, readDescription } from '../../description.ts';
import { openFolder, type FolderOptions, type ModelFolder } from '../../files.ts';
import type { Tensor } from '../../language-model.ts';
import { checkShape, weightShapes } from '../../llama-weights.ts';
import { parseLlamaConfig, type LlamaConfig } from '../../llama.ts';
import { openSafetensors, type Tensors } from '../../safetensors.ts';
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
  const description = await readDescription(folder);
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

/** Files of one checkpoint, by the name of the tensor that they hold. */
const indexSchema = z.looseObject({
  weight_map: z.record(
    z.string(),
    z
      .string()
      .max(200)
      .regex(/^[\w.-]+\.safetensors$/),
  ),
});
const mostFiles = 500;

/**
 * The tensors that `config` calls for, of `model.safetensors` or of the files that its index names. Shapes are compared
 * before values are read.
 */
async function readWeights(folder: ModelFolder, config: LlamaConfig): Promise<Tensors> {
  const index = await folder.optionalJson('model.safetensors.index.json');
  const wanted = weightShapes(config);
  const tensors = new Map<string, Tensor>();
  for (const name of index ? filesOf(index) : ['model.safetensors']) {
    const { shapes, read } = openSafetensors(await folder.bytes(name));
    const own = [...shapes].filter(([key]) => wanted.has(key));
    for (const [key, shape] of own) checkShape(key, shape, wanted.get(key)!);
    for (const [key] of own) tensors.set(key, read(key));
  }
  return tensors;
}

/** @throws LabError 'bad-model' */
function filesOf(index: unknown): ReadonlySet<string> {
  const { data, error } = indexSchema.safeParse(index);
  const files = new Set(Object.values(data?.weight_map ?? {}));
  if (data && files.size <= mostFiles) return files;
  const reasons = error ? issueTexts(error.issues, 'index') : [`it names ${files.size} files`];
  throw new LabError('bad-model', `model.safetensors.index.json is not usable: ${reasons.join('; ')}.`, {
    advice: 'Fetch the file again; if that does not help, pick another model.',
  });
}
