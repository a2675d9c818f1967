/**
 * @file The folder of a model with a low-rank adapter, merged into the weights while they are read. The weights of the model
 * are not stored a second time.
 */
import { LabError } from '../core/errors.ts';
import { excerpt } from '../core/excerpt.ts';
import type { ModelEntry } from './catalog.ts';
import { openFolder, type FolderOptions, type ModelFolder } from './files.ts';
import { mergeAdapter, peftFiles, readPeft, type LoraAdapter } from './peft.ts';
import { encodeValues, openSafetensors } from './safetensors.ts';
import { headerLength, lengthBytes } from './safetensors-header.ts';
import { storedGraphsOf } from './stored-graphs.ts';
import { indexFile, weightFileNames } from './weight-files.ts';

/** The files of a model as its runtimes read them. @throws as `openFolder` */
export const openModelFolder = (
  { source, adapter }: Pick<ModelEntry, 'source' | 'adapter'>,
  options: FolderOptions = {},
): ModelFolder =>
  adapter
    ? adaptedFolder(openFolder(adapter.base, options), openFolder(source, options))
    : openFolder(source, options);

/**
 * @param base as the importer writes it, or one whose weights alone are read
 * @param adapter as PEFT writes it
 * @returns the folder of `base` with other weights; it throws besides LabError 'bad-model' or 'not-supported' for an adapter that
 *   cannot be read or does not fit
 */
export function adaptedFolder(base: ModelFolder, adapter: ModelFolder): ModelFolder {
  let merged: Promise<ReadonlyMap<string, Blob>> | null = null;
  const weights = () => (merged ??= mergedWeights(base, adapter));
  const blob = async (file: string): Promise<Blob> =>
    (/\.safetensors$/.test(file) && (await weights()).get(file)) || base.blob(file);
  const withoutFourBit = (config: Readonly<Record<string, unknown>>) => {
    const stored = storedGraphsOf(config);
    if (!stored) return config;
    const { q4f16: _, ...graphs } = stored.graphs;
    return {
      ...config,
      'transformers.js_config': { ...(config['transformers.js_config'] as object), graphs },
    };
  };
  const json: ModelFolder['json'] = async (file) =>
    file === 'config.json' ? withoutFourBit(await base.json(file)) : base.json(file);
  return {
    ...base,
    url: adapter.url,
    json,
    // Those of the model are the numbers of other weights.
    optionalJson: async (file) => (file === 'selftest.json' ? null : base.optionalJson(file)),
    blob,
    bytes: async (file) => new Uint8Array(await (await blob(file)).arrayBuffer()),
    firstBytes: async (file, bytes) =>
      /\.safetensors$/.test(file)
        ? new Uint8Array(await (await blob(file)).slice(0, bytes).arrayBuffer())
        : base.firstBytes(file, bytes),
    async response(file) {
      if (/\.onnx$/.test(file) && !storedGraphsOf(await base.json('config.json'))) throw graphHoldsWeights();
      if (!/\.safetensors$/.test(file)) return base.response(file);
      const data = await blob(file);
      return new Response(data, { headers: { 'content-length': String(data.size) } });
    },
  };
}

/** The base's files of weights, by name, with what the adapter changes. @throws as `adaptedFolder` */
export async function mergedWeights(
  base: Pick<ModelFolder, 'optionalJson' | 'blob'>,
  adapter: Pick<ModelFolder, 'bytes'>,
): Promise<ReadonlyMap<string, Blob>> {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const file of peftFiles) files.set(file, await adapter.bytes(file));
  const lora = readPeft(files);
  const targets = targetsOf(lora);
  const left = new Set(targets.keys());
  const merged = new Map<string, Blob>();
  for (const file of weightFileNames(await base.optionalJson(indexFile)))
    merged.set(file, await mergedFile(await base.blob(file), targets, left));
  const [unmet] = left;
  if (unmet === undefined) return merged;
  throw new LabError('bad-model', `The adapter changes ${excerpt(unmet)}, which this model does not have.`, {
    advice: 'Use it with the model that it was trained on.',
  });
}

/** By name of the weight, the part of the adapter that changes it. */
function targetsOf(lora: LoraAdapter): ReadonlyMap<string, LoraAdapter> {
  return new Map(
    [...lora.tensors].flatMap(([a, tensor]) => {
      if (!a.endsWith('.lora_A.weight')) return [];
      const b = a.replace('lora_A', 'lora_B');
      const pair = new Map([
        [a, tensor],
        [b, lora.tensors.get(b)!],
      ]);
      return [[a.replace('.lora_A.weight', '.weight'), { ...lora, tensors: pair }] as const];
    }),
  );
}

/** @param left names that were not met yet; those met are taken out */
async function mergedFile(
  file: Blob,
  targets: ReadonlyMap<string, LoraAdapter>,
  left: Set<string>,
): Promise<Blob> {
  const { entries, read } = await openSafetensors(file);
  const start = new Uint8Array(await file.slice(0, lengthBytes).arrayBuffer());
  const dataStart = lengthBytes + headerLength(start, file.size);
  const parts: Blob[] = [];
  let at = 0;
  for (const [name, { shape, dtype, begin, end }] of entries) {
    const part = targets.get(name);
    if (!part) continue;
    if (dtype !== 'F16' && dtype !== 'F32') throw otherType(dtype);
    left.delete(name);
    const { data } = mergeAdapter(new Map([[name, { shape, data: await read(name) }]]), part).get(name)!;
    // As a blob at once, which a browser may keep out of this thread's memory.
    const bytes = new Blob([encodeValues(data as Float32Array<ArrayBuffer>, dtype)]);
    parts.push(file.slice(at, dataStart + begin), bytes);
    at = dataStart + end;
  }
  return new Blob([...parts, file.slice(at)]);
}

const otherType = (dtype: string): LabError =>
  new LabError(
    'not-supported',
    `The weights of the model are stored as ${dtype}; adapters are merged into F16 and F32.`,
    {
      advice: 'Import the model itself first, which stores it so.',
    },
  );

const graphHoldsWeights = (): LabError =>
  new LabError(
    'not-supported',
    'The graph of this model holds its weights, so that no adapter can be merged into them.',
    {
      advice: 'Load it with white-box access.',
    },
  );
