/** @file Writes the weights of a model as one safetensors file, piece by piece. */
import { LabError } from '../../core/errors.ts';
import { allFinite } from '../../core/vectors.ts';
import { turn } from '../decoding/join.ts';
import { overflowsHalf } from '../float16.ts';
import { encodeValues, layOut, sizeOf, type StoredType } from '../safetensors.ts';
import { writeHeader, type SafetensorsEntry } from '../safetensors-header.ts';
import type { CheckpointTensor } from './checkpoint.ts';
import type { FolderWriter } from './folder-writer.ts';
import { writeHashed } from './hashed-files.ts';
import type { ManifestFile } from './manifest.ts';

export const weightsFile = 'model.safetensors';
/** Embedding and head, which stay in half precision where the layers have four bits. */
export const outsideLayers = (name: string): boolean => /^(model\.embed_tokens|lm_head)\.weight$/.test(name);

/** Values converted at a time. */
const pieceValues = 2 ** 20;

export interface WrittenWeights {
  readonly file: ManifestFile;
  readonly entries: readonly SafetensorsEntry[];
  /** Bytes before the tensors. */
  readonly headerBytes: number;
  /** Matrices kept in float32 because half precision cannot hold their values. */
  readonly widened: readonly string[];
}

export interface WeightOptions {
  readonly dtype: StoredType;
  readonly signal?: AbortSignal | undefined;
  /** Called with the bytes read since the last call. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

/**
 * Vectors (norms, biases) stay float32: they are few, and scale everything. A matrix that does not fit into half
 * precision is found while it is written; then all is written once more, with what does not fit as float32.
 * @throws LabError 'bad-model' for values that are not finite; as `folder`; or the signal's reason
 */
export async function writeWeights(
  tensors: ReadonlyMap<string, CheckpointTensor>,
  folder: FolderWriter,
  options: WeightOptions,
): Promise<WrittenWeights> {
  const first = await writeOnce(tensors, folder, options, new Set());
  if (first.overflowing.size === 0) return { ...first, widened: [] };
  const again = await writeOnce(tensors, folder, { ...options, onBytes: undefined }, first.overflowing);
  return { ...again, widened: [...first.overflowing] };
}

async function writeOnce(
  tensors: ReadonlyMap<string, CheckpointTensor>,
  folder: FolderWriter,
  { dtype, signal, onBytes }: WeightOptions,
  widened: ReadonlySet<string>,
): Promise<Omit<WrittenWeights, 'widened'> & { readonly overflowing: ReadonlySet<string> }> {
  const typed = Array.from(tensors, ([name, { shape }]) => {
    const stored: StoredType = shape.length < 2 || widened.has(name) ? 'F32' : dtype;
    return { name, shape, dtype: stored };
  });
  // Float32 first, so that every tensor starts at a multiple of its values' width. Then embedding and head: with
  // them, the start of the file holds all that a graph with 4-bit matrices reads of it.
  const rank = ({ name, dtype: type }: (typeof typed)[number]) =>
    type === 'F32' ? 0 : outsideLayers(name) ? 1 : 2;
  const entries = layOut(typed.toSorted((a, b) => rank(a) - rank(b)));
  const header = writeHeader({ entries, metadata: { format: 'pt' } });
  const overflowing = new Set<string>();
  const file = await writeHashed(folder, weightsFile, async (append) => {
    await append(header);
    for (const entry of entries) {
      const tensor = tensors.get(entry.name)!;
      const size = sizeOf(entry.shape);
      let [count, reported] = [0, 0];
      for await (const values of piecesOf(tensor)) {
        signal?.throwIfAborted();
        checkFinite(entry.name, values);
        if (entry.dtype === 'F16' && overflowsHalf(values)) overflowing.add(entry.name);
        await append(encodeValues(values, entry.dtype as StoredType));
        count += values.length;
        const read = Math.round((tensor.bytes * count) / size);
        onBytes?.(read - reported);
        reported = read;
        await turn();
      }
      checkCount(entry, count);
    }
  });
  return { file, entries, headerBytes: header.byteLength, overflowing };
}

/** The values of a tensor in order, some at a time: whole blocks of any format. */
export async function* piecesOf(tensor: CheckpointTensor): AsyncGenerator<Float32Array<ArrayBuffer>> {
  for await (const values of tensor.pieces?.() ?? [await tensor.read()])
    for (let at = 0; at < values.length; at += pieceValues) yield values.subarray(at, at + pieceValues);
}

function checkFinite(name: string, values: Float32Array): void {
  if (allFinite(values)) return;
  throw new LabError('bad-model', `Weight "${name}" holds values that are not finite numbers.`, {
    advice: 'Download the model again; if that does not help, the checkpoint itself is damaged.',
  });
}

function checkCount({ name, shape }: SafetensorsEntry, count: number): void {
  const wanted = sizeOf(shape);
  if (count !== wanted)
    throw new LabError('bad-model', `Weight "${name}" has ${count} values, not ${wanted}.`, {
      advice: 'Download the model again.',
    });
}
