/** @file Tensors of a GGUF file under their Hugging Face names, in Hugging Face's order of rows. */
import { LabError } from '../../core/errors.ts';
import { excerpt } from '../../core/excerpt.ts';
import type { CheckpointTensor } from '../import/checkpoint.ts';
import type { Architecture } from './architectures.ts';
import type { TensorEntry } from './header.ts';
import type { Reject } from './reject.ts';
import { readableTypes, tensorTypeOf, typeName } from './tensor-types.ts';

/** A tensor and the file, one of several shards, in which it lies. */
export interface StoredTensor extends TensorEntry {
  readonly file: Blob;
}

const wholeNames: Readonly<Record<string, string>> = {
  'token_embd.weight': 'model.embed_tokens.weight',
  'output_norm.weight': 'model.norm.weight',
  'output.weight': 'lm_head.weight',
};

/** Tables that can be computed from the config; some converters store them. */
const derived = /^(blk\.\d+\.)?(rope_freqs|rope_factors_(long|short)|attn_rot_embd)(\.weight)?$/;

/**
 * @returns by Hugging Face name, only what belongs to the language model
 * @throws LabError 'bad-model' for a part of a layer that this architecture does not have, or a type that cannot be read
 */
export function namedTensors(
  stored: readonly StoredTensor[],
  { layerNames, prefix }: Architecture,
  reject: Reject,
): ReadonlyMap<string, StoredTensor> {
  const named = new Map<string, StoredTensor>();
  for (const tensor of stored) {
    const name = wholeNames[tensor.name] ?? layerName(tensor.name, layerNames);
    if (name === null) {
      if (tensor.name.startsWith('blk.') && !derived.test(tensor.name))
        return reject(
          `its layers have "${excerpt(tensor.name)}", which the architecture "${prefix}" does not have here`,
          'Pick another model.',
        );
      continue;
    }
    if (tensorTypeOf(tensor.type) === undefined)
      return reject(
        `tensor "${excerpt(tensor.name)}" is stored as ${typeName(tensor.type)}, which cannot be read here`,
        `Pick a file with one of these types: ${readableTypes.join(', ')}; those ending in Q4_K_M or Q8_0, for example.`,
      );
    named.set(name, tensor);
  }
  return named;
}

/** `null` for another part than those in `names`. */
function layerName(name: string, names: Readonly<Record<string, string>>): string | null {
  const [, layer, part, kind] = /^blk\.(\d{1,4})\.(\w+)\.(weight|bias)$/.exec(name) ?? [];
  if (part === undefined || !Object.hasOwn(names, part)) return null;
  return `model.layers.${Number(layer)}.${names[part]}.${kind}`;
}

export interface Heads {
  readonly queries: number;
  readonly keys: number;
}

/** The same tensor as the importer reads it. @param name of the file, for errors */
export function checkpointTensor(
  hfName: string,
  tensor: StoredTensor,
  { interleavedRope, normOffset }: Architecture,
  heads: Heads,
  reject: Reject,
): CheckpointTensor {
  const { shape } = tensor;
  const projection = /\.(q|k)_proj\.(weight|bias)$/.exec(hfName)?.[1];
  const headCount = projection === undefined ? 0 : projection === 'q' ? heads.queries : heads.keys;
  if (headCount > 0 && shape[0]! % (2 * headCount) !== 0)
    return reject(
      `tensor "${excerpt(tensor.name)}" has ${shape[0]} rows, which ${headCount} heads cannot share`,
    );
  const isNorm = /norm\.weight$/.test(hfName);
  return {
    shape,
    bytes: tensor.bytes!,
    type: typeName(tensor.type),
    async read() {
      const values = await decode(tensor);
      if (isNorm && normOffset !== 0) for (let i = 0; i < values.length; i++) values[i]! -= normOffset;
      if (headCount > 0 && interleavedRope) halvesApart(values, headCount, shape);
      return values;
    },
  };
}

/** Bytes of a tensor that are in memory at a time, beside its values. */
const pieceBytes = 8_000_000;

export async function decode({
  name,
  type,
  shape,
  begin,
  bytes,
  file,
}: StoredTensor): Promise<Float32Array<ArrayBuffer>> {
  const { blockBytes, blockValues, decode } = tensorTypeOf(type)!;
  const values = new Float32Array(shape.reduce((product, length) => product * length, 1));
  const blocks = Math.floor(pieceBytes / blockBytes);
  for (let at = 0, out = 0; at < bytes!; at += blocks * blockBytes, out += blocks * blockValues) {
    const length = Math.min(blocks * blockBytes, bytes! - at);
    const piece = await pieceOf(file, begin + at, length, name);
    decode(piece, values.subarray(out, out + (length / blockBytes) * blockValues));
  }
  return values;
}

async function pieceOf(
  file: Blob,
  begin: number,
  length: number,
  name: string,
): Promise<Uint8Array<ArrayBuffer>> {
  let piece: ArrayBuffer | null = null;
  let cause: unknown;
  try {
    piece = await file.slice(begin, begin + length).arrayBuffer();
  } catch (error) {
    // What browsers throw if a file on disk was changed or removed since it was picked.
    cause = error;
  }
  if (piece?.byteLength === length) return new Uint8Array(piece);
  throw new LabError('bad-model', `Tensor "${excerpt(name)}" could not be read from its file.`, {
    advice: 'The file was changed, moved or cut while it was read. Pick it again.',
    cause,
  });
}

/** Undo, within each head, the order of rows in which row 2i and row 2i + 1 are turned together, in place. */
function halvesApart(values: Float32Array, heads: number, shape: readonly number[]): void {
  const width = shape.slice(1).reduce((product, length) => product * length, 1);
  const rows = shape[0]! / heads;
  for (let head = 0; head < heads; head++) {
    const of = values.subarray(head * rows * width, (head + 1) * rows * width);
    const interleaved = of.slice();
    for (let row = 0; row < rows; row++) {
      const to = (row % 2 === 0 ? row / 2 : (rows + row - 1) / 2) * width;
      of.set(interleaved.subarray(row * width, (row + 1) * width), to);
    }
  }
}
