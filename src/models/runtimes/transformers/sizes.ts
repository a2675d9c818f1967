/** @file The sizes of a model, as its configuration states them. */
import { z } from 'zod';
import { LabError } from '../../../core/errors.ts';
import { issueTexts } from '../../../core/excerpt.ts';

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

/** Work that a device does in a few tenths of a second, in parameters × tokens. */
const workPerRun = { wasm: 2e9, webgpu: 5e10 } as const;

/** Tokens that the device reads in a few tenths of a second, so that a stop request takes effect between runs. */
export const tokensPerRun = (device: 'wasm' | 'webgpu', { parameters }: Sizes): number =>
  Math.min(2048, Math.max(32, Math.floor(workPerRun[device] / parameters)));
