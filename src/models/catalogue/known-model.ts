/** @file A model of the catalogue: what is known of it before anything is fetched. Plain data, kept in `models.json`. */
import { z } from 'zod';

/** What a build's weights are stored in. `bf16` to `f32` are plain; the others are block formats of ONNX, MLC or GGUF. */
export const precisions = [
  'f32',
  'f16',
  'bf16',
  'q8',
  'q4',
  'q4f16',
  'q4f32',
  'Q8_0',
  'Q4_0',
  'Q4_1',
  'Q4_K_M',
] as const;

const repository = z.string().regex(/^[\w.-]+\/[\w.-]+$/);
const count = z.int().positive();

/** Sizes of a decoder; widths in numbers per token. */
export const modelShape = z.strictObject({
  layers: count,
  width: count,
  heads: count,
  kvHeads: count,
  headWidth: count,
  feedForward: count,
  /** Rows of the embedding. */
  vocabulary: count,
  /** The output head is the embedding. */
  tiedHead: z.boolean(),
});

const file = z.strictObject({
  path: z.string().min(1),
  /** `null` until a hub was asked. */
  bytes: count.nullable(),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
});

const build = z.strictObject({
  format: z.enum(['safetensors', 'onnx', 'gguf', 'webllm']),
  repo: repository,
  /** Commit; `null` until a hub was asked, then loading takes the newest. */
  revision: z
    .string()
    .regex(/^[0-9a-f]{40}$/)
    .nullable(),
  precision: z.enum(precisions),
  /** Those with weights; `null` where their names are not known. */
  files: z.array(file).min(1).nullable(),
  /** GPU memory as web-llm's list states it; `null` for other formats. */
  memoryBytes: count.nullable(),
  /** Day on which a hub was last asked about it. */
  verified: z.union([z.literal('never'), z.iso.date()]),
});

export const knownModelSchema = z.strictObject({
  /** Repository of the weights as their makers publish them. */
  id: repository,
  title: z.string().min(1),
  family: z.string().min(1),
  kind: z.enum(['generator', 'classifier', 'judge']),
  /** One sentence for the card. */
  summary: z.string().min(1),
  /** `model_type` of its `config.json`. */
  architecture: z.string().min(1),
  parameters: count,
  /** `null` for encoders, and where it is not known. */
  shape: modelShape.nullable(),
  contextTokens: count,
  license: z.string().min(1),
  /** The hub gives the files only to accounts that accepted the licence. */
  gated: z.boolean(),
  /** How its prompt is written, and what to mind about it. */
  template: z.string().min(1),
  /** Class names of a classifier in order; `null` for models that write text. */
  labels: z.array(z.string()).min(2).nullable(),
  builds: z.array(build).min(1),
});

export type KnownModel = Readonly<z.infer<typeof knownModelSchema>>;
export type KnownBuild = Readonly<KnownModel['builds'][number]>;
export type KnownFile = NonNullable<KnownBuild['files']>[number];
export type ModelShape = Readonly<NonNullable<KnownModel['shape']>>;
export type Precision = KnownBuild['precision'];
