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
  const offset = /norm\.weight$/.test(hfName) ? normOffset : 0;
  const isReordered = headCount > 0 && interleavedRope;
  const pieces = () => decodedPieces(tensor, offset);
  return {
    shape,
    bytes: tensor.bytes!,
    type: typeName(tensor.type),
    async read() {
      const values = await joined(pieces(), shape);
      if (isReordered) halvesApart(values, headCount, shape);
      return values;
    },
    ...(isReordered ? {} : { pieces }),
  };
}

/** All values of a tensor as the file has them. */
export const decode = (tensor: StoredTensor): Promise<Float32Array<ArrayBuffer>> =>
  joined(decodedPieces(tensor), tensor.shape);

/** Values that are decoded at a time, about. */
const pieceValues = 2 ** 20;

/** Whole blocks, in order. @param offset is taken off every value */
async function* decodedPieces(
  { name, type, begin, bytes, file }: StoredTensor,
  offset = 0,
): AsyncGenerator<Float32Array<ArrayBuffer>> {
  const { blockBytes, blockValues, decode } = tensorTypeOf(type)!;
  const step = Math.floor(pieceValues / blockValues) * blockBytes;
  for (let at = 0; at < bytes!; at += step) {
    const piece = await pieceOf(file, begin + at, Math.min(step, bytes! - at), name);
    const values = new Float32Array((piece.byteLength / blockBytes) * blockValues);
    decode(piece, values);
    if (offset !== 0) for (let i = 0; i < values.length; i++) values[i]! -= offset;
    yield values;
  }
}

async function joined(
  pieces: AsyncIterable<Float32Array>,
  shape: readonly number[],
): Promise<Float32Array<ArrayBuffer>> {
  const values = new Float32Array(shape.reduce((product, length) => product * length, 1));
  let at = 0;
  for await (const piece of pieces) {
    values.set(piece, at);
    at += piece.length;
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
