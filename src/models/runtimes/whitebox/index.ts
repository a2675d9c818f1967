/**
 * @file The white-box runtime: a Llama-family model in ONNX Runtime, on WebGPU or the processor, that can be scored,
 * decoded, differentiated, edited and trained. Everything is float32.
 */
import { allThreads, openDevice } from '#arrays/host';
import type { ArrayDevice, DeviceArray } from '../../arrays/array-device.ts';
import type { ModelEntry } from '../../catalog.ts';
import { openModelFolder } from '../../adapted-folder.ts';
import type { FolderOptions, ModelFolder } from '../../files.ts';
import { checkNumbers, parameterCount } from '../../llama-weights.ts';
import { readLlama } from '../../llama-reader.ts';
import type { LlamaConfig } from '../../llama.ts';
import { indexFile, openWeights, weightFileNames } from '../../weight-files.ts';
import { findWeights } from '../../weight-names.ts';
import { explain } from './errors.ts';
import { checkFits } from './memory.ts';
import { modelOn, type LlamaModel } from './model.ts';
import { selfTest } from './self-test.ts';
import { arrangeWeights, uploadTensor, type DeviceWeights } from './weights.ts';

export { createWhiteBoxModel } from './model.ts';
export type { LlamaModel, LlamaModelParts } from './model.ts';
export { createAdapterTrainer, createTrainer } from './train.ts';
export type { Trainer } from './train.ts';
export { createClassifierTrainer } from './train-classifier.ts';
export type { ClassifierTrainer, LabeledText } from './train-classifier.ts';

export interface WhiteBoxOptions extends FolderOptions {
  readonly device: 'wasm' | 'webgpu';
  /**
   * Other workers compute at the same time: then a small model has one thread, and leaves the other cores to them. It
   * changes no number. Default false.
   */
  readonly sharesCores?: boolean | undefined;
}

/** Engines that wait for each other's threads are slower than one thread each. */
const smallModel = 2e7;

/**
 * @throws LabError 'unknown-model', 'unreachable' or 'bad-model' for the files; 'not-supported' if config.json asks
 *   for what this runtime lacks; 'no-webgpu' if there is none or its numbers are wrong; 'out-of-memory'; or the
 *   signal's reason
 */
export async function loadWhiteBoxModel(entry: ModelEntry, options: WhiteBoxOptions): Promise<LlamaModel> {
  const { device: kind, signal, sharesCores = false } = options;
  const folder = openModelFolder(entry, options);
  const { config, tokenizer } = await readLlama(entry, folder); // before the weights, which may be large
  const threads = sharesCores && parameterCount(config) < smallModel ? 1 : allThreads();
  const device = await openDevice(kind, threads);
  const start = async () => {
    checkFits(device, entry.id, 4 * parameterCount(config), 'Reload the page, or use a smaller model.');
    const parts = { id: entry.id, config, device, tokenizer };
    const model = modelOn(parts, await readWeights(folder, config, device, signal));
    if (kind === 'webgpu') await selfTest(model, await folder.optionalJson('selftest.json'));
    return model;
  };
  return explain(entry.id, start());
}

/** The tensors that `config` calls for, each copied to the device as soon as it is read. */
async function readWeights(
  folder: ModelFolder,
  config: LlamaConfig,
  device: ArrayDevice,
  signal: AbortSignal | undefined,
): Promise<DeviceWeights> {
  const files: Blob[] = [];
  for (const name of weightFileNames(await folder.optionalJson(indexFile)))
    files.push(await folder.blob(name));
  const found = findWeights(config, await openWeights(files));
  const arrays = new Map<string, DeviceArray>();
  try {
    for (const [name, { shape, read }] of found) {
      signal?.throwIfAborted();
      const data = await read();
      checkNumbers(name, data);
      arrays.set(name, uploadTensor(device, name, { shape, data }));
    }
    return arrangeWeights(config, arrays);
  } catch (error) {
    for (const array of arrays.values()) array.dispose();
    throw error;
  }
}
