/**
 * @file Turns a checkpoint of any format into the folder that both runtimes read: Hugging Face's small files, the
 * weights once as safetensors, and an ONNX graph that refers to them.
 */
import { createChatTokenizer } from '../chat-tokenizer.ts';
import { processor, type ComputeDevice } from '../compute-device.ts';
import { describe } from '../description.ts';
import { labelsOf, parseLlamaConfig, type LlamaConfig } from '../llama.ts';
import { plainTemplate } from '../plain-template.ts';
import { chooseFourBit } from '../precision.ts';
import { graphsInConfig, offeredPrecisions } from '../stored-graphs.ts';
import { hasTemplate } from '../template-source.ts';
import { createTextTokenizer } from '../text-tokenizer.ts';
import { findWeights } from '../weight-names.ts';
import type { Checkpoint, CheckpointTensor } from './checkpoint.ts';
import { committed, type FolderWriter } from './folder-writer.ts';
import { writeJson } from './hashed-files.ts';
import { checkManifest, shortOrigin, shortText, unwritten, type ModelManifest } from './manifest.ts';
import { manifestFile } from './own-files.ts';
import { progressMeter, type ImportProgress } from './progress.ts';
import { fourBitSources, writeFourBit } from './write-four-bit.ts';
import { withoutHalf, writeGraphs } from './write-graphs.ts';
import { weightsFile, writeWeights } from './write-weights.ts';

export interface ImportOptions {
  readonly id: string;
  /** What was brought, for people. */
  readonly origin: string;
  /** Of the files that were brought, hexadecimal. */
  readonly sourceSha256?: string | undefined;
  /** Id and hash are those that an exported model said of itself. */
  readonly restored?: true | undefined;
  /** Default: the checkpoint's own. The id is the title of a model without one. */
  readonly title?: string | undefined;
  /** `org/name` on the hub, for what came from there. */
  readonly repository?: string | undefined;
  /** Of the matrices on disk; computing is float32 either way. Default: `'F16'`, half the bytes. */
  readonly dtype?: 'F16' | 'F32' | undefined;
  /** Also store the matrices in four bits. Default: what `chooseFourBit` says for `device`. */
  readonly fourBit?: boolean | undefined;
  /** That the lab is set to. Default: the processor. */
  readonly device?: ComputeDevice | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
  /** Time of day. */
  readonly now: () => Date;
}

/**
 * Reads one tensor at a time. The folder is committed when all is written, and discarded at any failure.
 * @throws LabError 'not-supported' for an architecture that no runtime has, a tokenizer that loses text or a description
 *   that no manifest can hold, 'bad-model' for a tokenizer or template that cannot be used and for weights that are missing
 *   or of other shapes, all before anything is written; 'bad-model' for weights that are not finite; as `target`; or the
 *   signal's reason
 */
export async function importCheckpoint(
  checkpoint: Checkpoint,
  target: FolderWriter,
  options: ImportOptions,
): Promise<ModelManifest> {
  return committed(target, options.signal, () => writeModel(checkpoint, target, options));
}

interface Readable {
  readonly config: LlamaConfig;
  readonly wanted: Checkpoint['tensors'];
  /** With a template, which is a plain one if the files have none. */
  readonly tokenizerConfig: Checkpoint['tokenizerConfig'];
  readonly isPlain: boolean;
}
/** Tokenizers take seconds to build, and a checkpoint does not change. */
const checked = new WeakMap<Checkpoint, Readable>();

/**
 * Whether the runtimes will read it: the architecture is known, the weights are there in their shapes, and text survives
 * the tokenizer, which is built as they will build it. No weight is read.
 * @throws LabError 'not-supported' or 'bad-model'
 */
export function checkReadable(checkpoint: Checkpoint): Readable {
  const before = checked.get(checkpoint);
  if (before) return before;
  const config = parseLlamaConfig(checkpoint.config);
  const wanted = findWeights(config, checkpoint.tensors);
  const isPlain = !config.labels && !hasTemplate(checkpoint.tokenizerConfig);
  const tokenizerConfig = isPlain
    ? {
        ...checkpoint.tokenizerConfig,
        chat_template: plainTemplate(checkpoint.tokenizer, checkpoint.tokenizerConfig),
      }
    : checkpoint.tokenizerConfig;
  const { tokenizer } = describe({ ...checkpoint, tokenizerConfig });
  if (config.labels) createTextTokenizer(tokenizer);
  else createChatTokenizer(tokenizer);
  const readable = { config, wanted, tokenizerConfig, isPlain };
  checked.set(checkpoint, readable);
  return readable;
}

async function writeModel(
  checkpoint: Checkpoint,
  target: FolderWriter,
  options: ImportOptions,
): Promise<ModelManifest> {
  const { id, origin, sourceSha256, restored, repository, dtype = 'F16', signal, onProgress, now } = options;
  const { title, license, config: hubConfig, generation, tokenizer } = checkpoint;
  const { config, wanted, tokenizerConfig, isPlain } = checkReadable(checkpoint);
  const parameters = sum(wanted.values(), valuesOf);
  const known: Omit<ModelManifest, 'precision'> = {
    version: 1,
    id,
    title: shortText((options.title ?? title) || id),
    origin: shortOrigin(origin),
    ...(sourceSha256 !== undefined && { sourceSha256 }),
    ...(restored && { restored }),
    ...(repository !== undefined && { repository }),
    license: license === null ? null : shortText(license),
    task: config.labels ? 'text-classification' : 'text-generation',
    ...(config.labels && { labels: [...labelsOf(hubConfig)] }),
    ...(isPlain && { template: 'plain' as const }),
    importedAt: now().toISOString(),
    architecture: config.modelType,
    parameters,
    contextWindow: config.maxPositions,
    shape: shapeOf(config),
    weights: { dtype, from: typesOf(wanted), widened: [] },
    files: [unwritten(weightsFile)],
  };
  checkManifest(known);
  const small = [
    await writeJson(target, 'tokenizer.json', tokenizer),
    await writeJson(target, 'tokenizer_config.json', tokenizerConfig),
    ...(generation ? [await writeJson(target, 'generation_config.json', generation)] : []),
  ];
  const sources = fourBitSources(wanted);
  const inSingle = withoutHalf(config, dtype);
  const plan =
    inSingle === null
      ? (asked(options.fourBit) ?? chooseFourBit(parameters, options.device ?? processor))
      : noFourBit(inSingle);
  const meter = progressMeter(
    sum(wanted.values(), ({ bytes }) => bytes) +
      (plan.make ? sum(sources.values(), ({ bytes }) => bytes) : 0),
    () => performance.now(),
  );
  const onBytes = (bytes: number) => onProgress?.({ stage: 'storing', ...meter(bytes) });
  const written = await writeWeights(wanted, target, { dtype, signal, onBytes });
  const refusal = withoutHalf(config, dtype, written);
  const fourBit =
    plan.make && refusal === null ? await writeFourBit(sources, target, { signal, onBytes }) : null;
  const { files, graphs } = await writeGraphs(config, target, written, { half: refusal === null, fourBit });
  const stored = { graphs, withoutHalf: refusal };
  const configFile = await writeJson(target, 'config.json', {
    ...hubConfig,
    'transformers.js_config': graphsInConfig(weightsFile, stored),
  });
  const manifest: ModelManifest = {
    ...known,
    weights: { ...known.weights, widened: [...written.widened] },
    precision: {
      offered: [...offeredPrecisions(stored).offered],
      why: refusal ?? plan.why,
    },
    files: [configFile, ...small, written.file, ...(fourBit ? [fourBit.file] : []), ...files],
  };
  checkManifest(manifest);
  await writeJson(target, manifestFile, manifest);
  return manifest;
}

const asked = (make: boolean | undefined) =>
  make === undefined
    ? null
    : { make, why: make ? 'You asked for a 4-bit form.' : 'You asked for no 4-bit form.' };
const noFourBit = (why: string) => ({ make: false, why });

const shapeOf = (config: LlamaConfig): ModelManifest['shape'] => ({
  layers: config.layers,
  width: config.hiddenSize,
  heads: config.heads,
  kvHeads: config.kvHeads,
  headWidth: config.headDim,
  feedForward: config.intermediateSize,
  vocabulary: config.vocabSize,
  tiedHead: config.tieWordEmbeddings,
});

const valuesOf = ({ shape }: CheckpointTensor) => shape.reduce((size, length) => size * length, 1);

function sum<T>(items: Iterable<T>, valueOf: (item: T) => number): number {
  let total = 0;
  for (const item of items) total += valueOf(item);
  return total;
}

/** Types of the tensors, those with most values first. */
function typesOf(tensors: ReadonlyMap<string, CheckpointTensor>): string[] {
  const counts = new Map<string, number>();
  for (const tensor of tensors.values())
    counts.set(tensor.type, (counts.get(tensor.type) ?? 0) + valuesOf(tensor));
  return [...counts].sort(([, a], [, b]) => b - a).map(([type]) => type);
}
