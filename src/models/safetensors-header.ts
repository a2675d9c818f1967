/**
 * @file The header of a safetensors file: names, types, shapes and places of its tensors.
 * @see https://github.com/huggingface/safetensors#format
 */
import { LabError } from '../core/errors.ts';
import { excerpt } from '../core/excerpt.ts';

export interface SafetensorsEntry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Bytes from the end of the header. */
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  /** In the order of their data. */
  readonly entries: readonly SafetensorsEntry[];
  /** The header's free-form `__metadata__`. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Bytes before the header: its length. */
export const lengthBytes = 8;

/** Far above the headers of the largest checkpoints: a longer one is an attack on the reader. */
const most = { headerBytes: 16_000_000, tensors: 100_000, dimensions: 8 } as const;

export const rejectFile = (reason: string): never => {
  throw new LabError('bad-model', `This is not a usable safetensors file: ${reason}.`, {
    advice: 'Check that the file was downloaded completely and was saved in the safetensors format.',
  });
};

/** @param start the first eight bytes of a file of `fileBytes` */
export function headerLength(start: Uint8Array, fileBytes: number): number {
  if (start.byteLength < lengthBytes)
    return rejectFile(`it has ${start.byteLength} bytes, too few for a header`);
  const length = new DataView(start.buffer, start.byteOffset).getBigUint64(0, true);
  if (length > BigInt(most.headerBytes)) return rejectFile(`its header claims ${length} bytes`);
  if (lengthBytes + Number(length) > fileBytes)
    return rejectFile(`its header claims ${length} bytes, but only ${fileBytes - lengthBytes} follow`);
  return Number(length);
}

/**
 * Parse and validate a header. Offsets must tile the data section: no holes, no overlaps, none out of bounds.
 * @throws LabError 'bad-model'
 */
export function parseHeader(bytes: Uint8Array, dataBytes: number): SafetensorsHeader {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return rejectFile('its header is not JSON');
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    return rejectFile('its header is not an object');
  const { __metadata__: metadata, ...rest } = header as Record<string, unknown>;
  if (metadata !== undefined && typeof metadata !== 'object')
    return rejectFile('its __metadata__ is not an object');
  const count = Object.keys(rest).length;
  if (count > most.tensors) return rejectFile(`it has ${count} tensors`);
  const entries = Object.entries(rest).map(([name, value]) => parseEntry(name, value));
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let expected = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== expected || end < begin)
      return rejectFile(`tensor "${excerpt(name)}" does not start where the one before it ends`);
    expected = end;
  }
  if (expected !== dataBytes)
    return rejectFile(`its tensors cover ${expected} bytes, but ${dataBytes} are there`);
  return { entries, metadata: (metadata ?? {}) as Record<string, string> };
}

const isNaturalList = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);

function parseEntry(name: string, value: unknown): SafetensorsEntry {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  if (typeof dtype !== 'string') return rejectFile(`tensor "${excerpt(name)}" has no dtype`);
  if (!isNaturalList(shape) || shape.length > most.dimensions)
    return rejectFile(`tensor "${excerpt(name)}" has no valid shape`);
  if (!isNaturalList(offsets) || offsets.length !== 2)
    return rejectFile(`tensor "${excerpt(name)}" has no valid data_offsets`);
  return { name, dtype, shape, begin: offsets[0]!, end: offsets[1]! };
}

/** Length and header, padded so that the data start at a multiple of 8, as the reference implementation writes them. */
export function writeHeader({ entries, metadata }: SafetensorsHeader): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = { __metadata__: metadata };
  for (const { name, dtype, shape, begin, end } of entries)
    header[name] = { dtype, shape, data_offsets: [begin, end] };
  const text = new TextEncoder().encode(JSON.stringify(header));
  const length = Math.ceil(text.byteLength / 8) * 8;
  const bytes = new Uint8Array(lengthBytes + length).fill(' '.charCodeAt(0));
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(text, lengthBytes);
  return bytes;
}
