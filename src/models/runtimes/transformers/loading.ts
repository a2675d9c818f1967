/** @file Steps that loading a decoder and loading a classifier share. */
import type { PreTrainedModel } from '@huggingface/transformers';
import { z } from 'zod';
import { isAbort, LabError } from '../../../core/errors.ts';
import { issueTexts } from '../../../core/excerpt.ts';
import type { ModelEntry } from '../../catalog.ts';
import { isMissing, type FolderOptions, type ModelFolder } from '../../files.ts';
import { inNode, withFolder, type PreloadedFiles } from './environment.ts';
import { failureIn } from './errors.ts';
import { hubDtypes } from '../../hub-choice.ts';

export interface TransformersOptions extends FolderOptions {
  /** In Node, `'wasm'` means the native processor backend. */
  readonly device: 'wasm' | 'webgpu';
  /** Data type of the stored weights. Default: that of config.json, else the best for the device that the folder has. */
  readonly dtype?: Dtype | undefined;
}

const dtypes = ['fp32', 'fp16', 'q8', 'q4', 'q4f16'] as const;
type Dtype = (typeof dtypes)[number];

/** Work that a device does in a few tenths of a second, in parameters × tokens. */
const workPerRun = { wasm: 2e9, webgpu: 5e10 } as const;

/** @throws LabError 'no-webgpu' */
export async function checkAdapter({ id }: ModelEntry): Promise<void> {
  // Both may be missing, although their types say otherwise.
  const { gpu } = (globalThis.navigator ?? {}) as { readonly gpu?: GPU };
  if (!(await gpu?.requestAdapter()))
    throw new LabError('no-webgpu', `${id} was to run on WebGPU, which this browser or device lacks.`, {
      advice: 'Switch the device to the processor (WASM).',
    });
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
export function threadsFor(parameters: number): number {
  if (!globalThis.crossOriginIsolated || parameters < 2e7) return 1;
  return Math.max(1, Math.min(4, (globalThis.navigator.hardwareConcurrency ?? 1) - 1));
}

/** Data types in which the weights may be stored, in order of preference. */
export function candidateDtypes(
  { source }: ModelEntry,
  config: Readonly<Record<string, unknown>>,
  { dtype, device }: TransformersOptions,
): readonly Dtype[] {
  if (dtype) return [dtype];
  const stated = (config['transformers.js_config'] as { readonly dtype?: unknown } | undefined)?.dtype;
  const dtypeInConfig = dtypes.find((name) => name === stated);
  if (source.kind !== 'hub') return dtypeInConfig ? [dtypeInConfig] : ['fp32', 'q8'];
  // The user agreed to the weights of one data type, which is not always that of config.json.
  const others: readonly Dtype[] = hubDtypes(device);
  return dtypeInConfig ? [dtypeInConfig, ...others.filter((name) => name !== dtypeInConfig)] : others;
}

/** `transformers.js_config.weights`: the file that holds the weights of the graph, for models that the lab imported. */
const externalSchema = z.looseObject({
  'transformers.js_config': z.looseObject({ weights: z.string().regex(/^[\w-]+\.safetensors$/) }),
});

/** The engine asks for the file by `data`, and the graph knows it as `path`. */
function externalData(config: unknown): { readonly path: string; readonly data: string }[] {
  const { data } = externalSchema.safeParse(config);
  const file = data?.['transformers.js_config'].weights;
  return file === undefined ? [] : [{ path: file, data: file }];
}

/** Load the weights of the first data type that the folder has. A file that exists but does not load ends the search. */
export async function start(
  auto: { from_pretrained: (typeof PreTrainedModel)['from_pretrained'] },
  folder: ModelFolder,
  preloaded: PreloadedFiles,
  candidates: readonly Dtype[],
  device: 'wasm' | 'webgpu',
): Promise<PreTrainedModel> {
  const external = externalData(preloaded['config.json']);
  for (const [index, dtype] of candidates.entries()) {
    try {
      const model = await withFolder(folder, preloaded, (name) =>
        auto.from_pretrained(name, {
          device: device === 'wasm' && inNode ? 'cpu' : device,
          dtype,
          ...(external.length > 0 && { session_options: { externalData: external } }),
        }),
      );
      for (const session of Object.values(model.sessions as Record<string, object>)) {
        const failure = failureIn(session);
        if (failure) throw failure.error;
      }
      return model;
    } catch (error) {
      if (isAbort(error) || !isMissing(error) || index === candidates.length - 1) throw error;
    }
  }
  throw new Error('There is no data type to try.');
}

/** Tokens that the device reads in a few tenths of a second, so that a stop request takes effect between runs. */
export const tokensPerRun = (device: 'wasm' | 'webgpu', { parameters }: Sizes): number =>
  Math.min(2048, Math.max(32, Math.floor(workPerRun[device] / parameters)));
