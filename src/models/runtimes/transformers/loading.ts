/** @file Steps that loading a decoder and loading a classifier share. */
import type { PreTrainedModel } from '@huggingface/transformers';
import { isAbort, LabError } from '../../../core/errors.ts';
import { possibleThreads } from '../../../core/threads.ts';
import type { ModelEntry } from '../../catalog.ts';
import { isMissing, type FolderOptions, type ModelFolder } from '../../files.ts';
import { inNode, withFolder, type PreloadedFiles } from './environment.ts';
import { failureIn } from './errors.ts';
import { askAdapter, processor, type ComputeDevice } from '../../compute-device.ts';
import type { PrecisionWish } from '../../precision.ts';
import type { Dtype, Graph } from './graph-choice.ts';
import type { Sizes } from './sizes.ts';

export interface TransformersOptions extends FolderOptions {
  /** In Node, `'wasm'` means the native processor backend. */
  readonly device: 'wasm' | 'webgpu';
  /** Data type of the stored weights. Default: that of config.json, else the best for the device that the folder has. */
  readonly dtype?: Dtype | undefined;
  /** For models that the lab imported. Default: `'auto'`. */
  readonly precision?: PrecisionWish | undefined;
}

/** @throws LabError 'no-webgpu' */
export async function computeDevice(
  { id }: ModelEntry,
  { device }: Pick<TransformersOptions, 'device'>,
): Promise<ComputeDevice> {
  if (device === 'wasm') return processor;
  const adapter = await askAdapter();
  if (!adapter)
    throw new LabError('no-webgpu', `${id} was to run on WebGPU, which this browser or device lacks.`, {
      advice: 'Switch the device to the processor (WASM).',
    });
  return adapter;
}

/** One thread is faster below some ten million parameters, and leaves cores to other workers. */
const fewParameters = 2e7;

export function threadsFor(parameters: number): number {
  if (parameters < fewParameters) return 1;
  return Math.max(1, Math.min(4, possibleThreads() - 1));
}

/** Load the first graph that the folder has. A file that exists but does not load ends the search. */
export async function start(
  auto: { from_pretrained: (typeof PreTrainedModel)['from_pretrained'] },
  folder: ModelFolder,
  preloaded: PreloadedFiles,
  candidates: readonly Graph[],
  device: 'wasm' | 'webgpu',
  { parameters }: Pick<Sizes, 'parameters'>,
): Promise<{ readonly model: PreTrainedModel; readonly graph: Graph }> {
  // In browsers `configure` sets the threads.
  const threads = inNode && parameters < fewParameters ? { intraOpNumThreads: 1 } : {};
  let firstMissing: unknown;
  for (const [index, graph] of candidates.entries()) {
    const externalData = await Promise.all(
      Object.entries(graph.weights).map(async ([path, part]) => ({
        path,
        // A name is read by the engine, through the folder.
        data: part === 'whole' ? path : await folder.firstBytes(path, part),
      })),
    );
    try {
      const model = await withFolder(folder, preloaded, (name) =>
        auto.from_pretrained(name, {
          device: device === 'wasm' && inNode ? 'cpu' : device,
          dtype: graph.dtype,
          session_options: { ...threads, ...(externalData.length > 0 && { externalData }) },
        }),
      );
      for (const session of Object.values(model.sessions as Record<string, object>)) {
        const failure = failureIn(session);
        if (failure) throw failure.error;
      }
      return { model, graph };
    } catch (error) {
      if (isAbort(error) || !isMissing(error)) throw error;
      firstMissing ??= error;
      if (index === candidates.length - 1) throw firstMissing;
    }
  }
  throw new Error('There is no graph to try.');
}
