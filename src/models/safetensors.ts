/**
 * @file The safetensors file format: named tensors behind a JSON header.
 * Reads F32, F16 and BF16 (widened to float32); writes F32 and F16.
 * @see https://github.com/huggingface/safetensors#format
 */
import { LabError } from '../core/errors.ts';
import { excerpt } from '../core/excerpt.ts';
import type { Tensor } from './language-model.ts';

/** Tensors by name. Iteration order is file order. */
export type Tensors = ReadonlyMap<string, Tensor>;

export interface SafetensorsFile {
  readonly tensors: Tensors;
  /** The header's free-form `__metadata__`. */
  readonly metadata: Readonly<Record<string, string>>;
}

const bytesPerValue: Readonly<Record<string, number>> = { F32: 4, F16: 2, BF16: 2 };

/** Far above the headers of the largest checkpoints: a longer one is an attack on the reader. */
const most = { headerBytes: 16_000_000, tensors: 100_000, dimensions: 8 } as const;

const reject = (reason: string): never => {
  throw new LabError('bad-model', `This is not a usable safetensors file: ${reason}.`, {
    advice: 'Check that the file was downloaded completely and was saved in the safetensors format.',
  });
};

const sizeOf = (shape: readonly number[]): number => shape.reduce((size, length) => size * length, 1);

interface HeaderEntry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

const isNaturalList = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);

function parseEntry(name: string, value: unknown): HeaderEntry {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  if (typeof dtype !== 'string') return reject(`tensor "${excerpt(name)}" has no dtype`);
  if (!isNaturalList(shape) || shape.length > most.dimensions)
    return reject(`tensor "${excerpt(name)}" has no valid shape`);
  if (!isNaturalList(offsets) || offsets.length !== 2)
    return reject(`tensor "${excerpt(name)}" has no valid data_offsets`);
  return { name, dtype, shape, begin: offsets[0]!, end: offsets[1]! };
}

/** Parse and validate the header. Offsets must tile the data section: no holes, no overlaps, none out of bounds. */
function parseHeader(bytes: Uint8Array): {
  entries: HeaderEntry[];
  metadata: Record<string, string>;
  dataStart: number;
} {
  if (bytes.byteLength < 8) return reject(`it has ${bytes.byteLength} bytes, too few for a header`);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > BigInt(most.headerBytes)) return reject(`its header claims ${length} bytes`);
  const dataStart = 8 + Number(length);
  if (dataStart > bytes.byteLength)
    return reject(`its header claims ${length} bytes, but only ${bytes.byteLength - 8} follow`);
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, dataStart)));
  } catch {
    return reject('its header is not JSON');
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    return reject('its header is not an object');
  const { __metadata__: metadata = {}, ...rest } = header as Record<string, unknown>;
  if (typeof metadata !== 'object' || metadata === null) return reject('its __metadata__ is not an object');
  const count = Object.keys(rest).length;
  if (count > most.tensors) return reject(`it has ${count} tensors`);
  const entries = Object.entries(rest).map(([name, value]) => parseEntry(name, value));
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let expected = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== expected || end < begin)
      return reject(`tensor "${excerpt(name)}" does not start where the one before it ends`);
    expected = end;
  }
  if (expected !== bytes.byteLength - dataStart)
    return reject(`its tensors cover ${expected} bytes, but ${bytes.byteLength - dataStart} are there`);
  return { entries, metadata: metadata as Record<string, string>, dataStart };
}

const floatBits = new Uint32Array(1);
const floatValue = new Float32Array(floatBits.buffer);

/** Float32 value of the IEEE half with these 16 bits. */
export function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Bits of the IEEE half nearest to `value`, ties to even; values out of range become infinity. */
export function floatToHalf(value: number): number {
  floatValue[0] = value;
  const bits = floatBits[0]!;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00; // NaN
  if (magnitude >= 0x47800000) return sign | 0x7c00;
  const subnormal = magnitude < 0x38800000;
  const exponent = subnormal ? 0 : (magnitude >>> 23) - 112;
  const shift = subnormal ? 126 - (magnitude >>> 23) : 13;
  if (shift > 24) return sign;
  const fraction = subnormal ? (magnitude & 0x7fffff) | 0x800000 : magnitude & 0x7fffff;
  const truncated = (exponent << 10) | (fraction >>> shift);
  const rest = fraction & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  // Rounding up may carry into the exponent, as the format intends.
  return sign | (truncated + (rest > half || (rest === half && (truncated & 1) === 1) ? 1 : 0));
}

function decode(entry: HeaderEntry, bytes: Uint8Array): Float32Array {
  const { name, dtype, shape } = entry;
  const width = bytesPerValue[dtype];
  if (width === undefined)
    throw new LabError(
      'bad-model',
      `Tensor "${excerpt(name)}" holds ${excerpt(dtype)} values, which cannot be read here.`,
      {
        advice: 'Use a checkpoint with F32, F16 or BF16 weights.',
      },
    );
  const count = sizeOf(shape);
  if (bytes.byteLength !== count * width)
    return reject(
      `tensor "${excerpt(name)}" of shape [${shape.join(', ')}] needs ${count * width} bytes, it has ${bytes.byteLength}`,
    );
  // A data section may start at any byte, and a Node Buffer's `slice` would not copy.
  const aligned = new Uint8Array(bytes);
  if (dtype === 'F32') return new Float32Array(aligned.buffer);
  const words = new Uint16Array(aligned.buffer);
  if (dtype === 'F16') return Float32Array.from(words, halfToFloat);
  return new Float32Array(Uint32Array.from(words, (word) => word << 16).buffer);
}

/** A file whose header has been checked; its values are read on demand. */
export interface OpenSafetensors {
  /** By name, in file order. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  readonly metadata: SafetensorsFile['metadata'];
  /** Shares no memory with the file. @throws LabError 'bad-model' for damage or a type other than F32, F16 and BF16 */
  read(name: string): Tensor;
}

/** @throws LabError 'bad-model' if the header is damaged */
export function openSafetensors(bytes: Uint8Array): OpenSafetensors {
  const { entries, metadata, dataStart } = parseHeader(bytes);
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  return {
    shapes: new Map(entries.map(({ name, shape }) => [name, shape])),
    metadata,
    read(name) {
      const entry = byName.get(name);
      if (!entry) return reject(`it has no tensor "${excerpt(name)}"`);
      const data = decode(entry, bytes.subarray(dataStart + entry.begin, dataStart + entry.end));
      return { shape: entry.shape, data };
    },
  };
}

/**
 * Read every tensor of a safetensors file. The result shares no memory with `bytes`.
 * @throws LabError 'bad-model' if the file is damaged or holds a type other than F32, F16 and BF16.
 */
export function readSafetensors(bytes: Uint8Array): SafetensorsFile {
  const { shapes, metadata, read } = openSafetensors(bytes);
  return { tensors: new Map(Array.from(shapes.keys(), (name) => [name, read(name)])), metadata };
}

/** The file's bytes: a header padded to 8 bytes, as the reference implementation writes it, then the tensors in order. */
export function writeSafetensors(
  tensors: Tensors,
  options: { dtype?: 'F32' | 'F16'; metadata?: Readonly<Record<string, string>> } = {},
): Uint8Array<ArrayBuffer> {
  const { dtype = 'F32', metadata = { format: 'pt' } } = options;
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const [name, { shape, data }] of tensors) {
    if (data.length !== sizeOf(shape))
      throw new RangeError(`Tensor "${name}" of shape [${shape.join(', ')}] holds ${data.length} values.`);
    const end = offset + data.length * bytesPerValue[dtype]!;
    header[name] = { dtype, shape, data_offsets: [offset, end] };
    offset = end;
  }
  let text = JSON.stringify(header);
  const textBytes = new TextEncoder().encode(text).byteLength;
  text += ' '.repeat((8 - (textBytes % 8)) % 8);
  const headerBytes = new TextEncoder().encode(text);
  const file = new Uint8Array(8 + headerBytes.byteLength + offset);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes.byteLength), true);
  file.set(headerBytes, 8);
  let position = 8 + headerBytes.byteLength;
  for (const { data } of tensors.values()) {
    // The header's padding keeps `position` a multiple of the value's width.
    if (dtype === 'F32') new Float32Array(file.buffer, position, data.length).set(data);
    else new Uint16Array(file.buffer, position, data.length).set(Uint16Array.from(data, floatToHalf));
    position += data.length * bytesPerValue[dtype]!;
  }
  return file;
}
