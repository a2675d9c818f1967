/** @file Steps that loading a decoder and loading a classifier share. */
import type { PreTrainedModel } from '@huggingface/transformers';
import { z } from 'zod';
import { isAbort, LabError } from '../../../core/errors.ts';
import { issueTexts } from '../../../core/excerpt.ts';
import type { ModelEntry } from '../../catalog.ts';
import { isMissing, type FolderOptions, type ModelFolder } from '../../files.ts';
import { inNode, withFolder, type PreloadedFiles } from './environment.ts';
import { failureIn } from './errors.ts';
import { askAdapter, processor, type ComputeDevice } from '../../compute-device.ts';
import type { PrecisionWish } from '../../precision.ts';
import type { Dtype, Graph } from './graph-choice.ts';

export interface TransformersOptions extends FolderOptions {
  /** In Node, `'wasm'` means the native processor backend. */
  readonly device: 'wasm' | 'webgpu';
  /** Data type of the stored weights. Default: that of config.json, else the best for the device that the folder has. */
  readonly dtype?: Dtype | undefined;
  /** For models that the lab imported. Default: `'auto'`. */
  readonly precision?: PrecisionWish | undefined;
}

/** Work that a device does in a few tenths of a second, in parameters × tokens. */
const workPerRun = { wasm: 2e9, webgpu: 5e10 } as const;

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

export interface Sizes {
  readonly vocabSize: number;
  readonly contextWindow: number;
  /** Rough count, embeddings included. */
  readonly parameters: number;
}

const sizesSchema = z.looseObject({
  vocab_size: z.int().positive().max(10_000_000),
  hidden_size: z.int().positive().max(1_000_000).nullish(),
  num_hidden_layers: z.int().positive().max(10_000).nullish(),
  max_position_embeddings: z.int().positive().max(100_000_000).nullish(),
});

/** @throws LabError 'bad-model' for sizes that are missing, or out of all proportion */
export function readSizes(config: Readonly<Record<string, unknown>>): Sizes {
  // Models that also see or hear keep the decoder's numbers one level down.
  const parsed = sizesSchema.safeParse({ ...config, ...(config['text_config'] as object | undefined) });
  if (!parsed.success)
    throw new LabError(
      'bad-model',
      `config.json is not usable: ${issueTexts(parsed.error.issues, 'config').join('; ')}.`,
      { advice: 'Check that this folder holds a text model.' },
    );
  const sizes = parsed.data;
  const hidden = sizes.hidden_size ?? 1024;
  return {
    vocabSize: sizes.vocab_size,
    contextWindow: sizes.max_position_embeddings ?? 2048,
    parameters: hidden * (sizes.vocab_size + 12 * hidden * (sizes.num_hidden_layers ?? 24)),
  };
}

/** One thread is faster below some ten million parameters, and leaves cores to other workers. */
const fewParameters = 2e7;

export function threadsFor(parameters: number): number {
  if (!globalThis.crossOriginIsolated || parameters < fewParameters) return 1;
  return Math.max(1, Math.min(4, (globalThis.navigator.hardwareConcurrency ?? 1) - 1));
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

/** Tokens that the device reads in a few tenths of a second, so that a stop request takes effect between runs. */
export const tokensPerRun = (device: 'wasm' | 'webgpu', { parameters }: Sizes): number =>
  Math.min(2048, Math.max(32, Math.floor(workPerRun[device] / parameters)));
