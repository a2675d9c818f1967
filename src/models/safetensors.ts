/**
 * @file The safetensors file format: named tensors behind a JSON header.
 * Reads F32, F16 and BF16 (widened to float32); writes F32 and F16.
 * @see https://github.com/huggingface/safetensors#format
 */
import { LabError } from '../core/errors.ts';
import { excerpt } from '../core/excerpt.ts';
import { roundToHalves, widenHalves } from './float16.ts';
import type { Tensor } from './language-model.ts';
import {
  headerLength,
  lengthBytes,
  parseHeader,
  rejectFile,
  writeHeader,
  type SafetensorsEntry,
  type SafetensorsHeader,
} from './safetensors-header.ts';

/** Tensors by name. Iteration order is file order. */
export type Tensors = ReadonlyMap<string, Tensor>;

export interface SafetensorsFile {
  readonly tensors: Tensors;
  readonly metadata: SafetensorsHeader['metadata'];
}

export type StoredType = 'F32' | 'F16';

const bytesPerValue: Readonly<Record<string, number>> = { F32: 4, F16: 2, BF16: 2 };

/** Values of a tensor of this shape. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((size, length) => size * length, 1);

function checkEntry({ name, dtype, shape, begin, end }: SafetensorsEntry): void {
  const width = bytesPerValue[dtype];
  if (width === undefined)
    throw new LabError(
      'bad-model',
      `Tensor "${excerpt(name)}" holds ${excerpt(dtype)} values, which cannot be read here.`,
      { advice: 'Use a checkpoint with F32, F16 or BF16 weights.' },
    );
  const needed = sizeOf(shape) * width;
  if (end - begin !== needed)
    rejectFile(
      `tensor "${excerpt(name)}" of shape [${shape.join(', ')}] needs ${needed} bytes, it has ${end - begin}`,
    );
}

/** @param buffer of the whole tensor and nothing else; owned from here on */
function decode(dtype: string, buffer: ArrayBuffer): Float32Array<ArrayBuffer> {
  if (dtype === 'F32') return new Float32Array(buffer);
  const words = new Uint16Array(buffer);
  if (dtype === 'F16') return widenHalves(words);
  const values = new Uint32Array(words.length);
  for (let i = 0; i < words.length; i++) values[i] = words[i]! << 16;
  return new Float32Array(values.buffer);
}

/** A file whose header has been checked; its values are read on demand. */
export interface OpenSafetensors {
  /** By name, in file order. */
  readonly entries: ReadonlyMap<string, SafetensorsEntry>;
  readonly metadata: SafetensorsHeader['metadata'];
  /** @throws LabError 'bad-model' for damage or a type other than F32, F16 and BF16 */
  read(name: string): Promise<Float32Array<ArrayBuffer>>;
  /** The same values, some at a time. @throws as `read` */
  pieces(name: string): AsyncGenerator<Float32Array<ArrayBuffer>>;
}

/** Values that `pieces` decodes at a time. */
const pieceValues = 2 ** 20;

/** @throws LabError 'bad-model' if the header is damaged */
export async function openSafetensors(file: Blob): Promise<OpenSafetensors> {
  const bytesOf = async (begin: number, end: number) => file.slice(begin, end).arrayBuffer();
  const length = headerLength(new Uint8Array(await bytesOf(0, lengthBytes)), file.size);
  const dataStart = lengthBytes + length;
  const header = new Uint8Array(await bytesOf(lengthBytes, dataStart));
  const { entries, metadata } = parseHeader(header, file.size - dataStart);
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  const checked = (name: string): SafetensorsEntry => {
    const entry = byName.get(name);
    if (!entry) return rejectFile(`it has no tensor "${excerpt(name)}"`);
    checkEntry(entry);
    return entry;
  };
  return {
    entries: byName,
    metadata,
    async read(name) {
      const { dtype, begin, end } = checked(name);
      return decode(dtype, await bytesOf(dataStart + begin, dataStart + end));
    },
    async *pieces(name) {
      const { dtype, begin, end } = checked(name);
      const step = pieceValues * bytesPerValue[dtype]!;
      for (let at = begin; at < end; at += step)
        yield decode(dtype, await bytesOf(dataStart + at, dataStart + Math.min(at + step, end)));
    },
  };
}

/**
 * Read every tensor of a safetensors file. The result shares no memory with `bytes`.
 * @throws LabError 'bad-model' if the file is damaged or holds a type other than F32, F16 and BF16.
 */
export function readSafetensors(bytes: Uint8Array): SafetensorsFile {
  const dataStart = lengthBytes + headerLength(bytes, bytes.byteLength);
  const header = bytes.subarray(lengthBytes, dataStart);
  const { entries, metadata } = parseHeader(header, bytes.byteLength - dataStart);
  const tensors = new Map<string, Tensor>();
  for (const entry of entries) {
    checkEntry(entry);
    // A data section may start at any byte, and a Node Buffer's `slice` would not copy.
    const own = new Uint8Array(bytes.subarray(dataStart + entry.begin, dataStart + entry.end));
    tensors.set(entry.name, { shape: entry.shape, data: decode(entry.dtype, own.buffer) });
  }
  return { tensors, metadata };
}

/** Values as a file stores them, little endian. F32 shares memory with `values`. */
export function encodeValues(values: Float32Array<ArrayBuffer>, dtype: StoredType): Uint8Array<ArrayBuffer> {
  if (dtype === 'F16') return new Uint8Array(roundToHalves(values).buffer);
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** Places of tensors that are stored one behind the other. */
export function layOut(
  tensors: Iterable<{ readonly name: string; readonly shape: readonly number[]; readonly dtype: StoredType }>,
): readonly SafetensorsEntry[] {
  let begin = 0;
  return Array.from(tensors, ({ name, shape, dtype }) => {
    const entry = { name, shape, dtype, begin, end: begin + sizeOf(shape) * bytesPerValue[dtype]! };
    begin = entry.end;
    return entry;
  });
}

/** The file's bytes: the header, then the tensors in order. */
export function writeSafetensors(
  tensors: Tensors,
  options: { dtype?: StoredType; metadata?: Readonly<Record<string, string>> } = {},
): Uint8Array<ArrayBuffer> {
  const { dtype = 'F32', metadata = { format: 'pt' } } = options;
  const entries = layOut(Array.from(tensors, ([name, { shape }]) => ({ name, shape, dtype })));
  const header = writeHeader({ entries, metadata });
  const file = new Uint8Array(header.byteLength + (entries.at(-1)?.end ?? 0));
  file.set(header);
  for (const { name, shape, begin } of entries) {
    const { data } = tensors.get(name)!;
    if (data.length !== sizeOf(shape))
      throw new RangeError(`Tensor "${name}" of shape [${shape.join(', ')}] holds ${data.length} values.`);
    file.set(encodeValues(data as Float32Array<ArrayBuffer>, dtype), header.byteLength + begin);
  }
  return file;
}
