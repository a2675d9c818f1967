/**
 * @file Parses the header of a GGUF file from its first bytes. Every count and length is compared with the size of the
 * file before anything is reserved for it.
 *
 * Why not by @huggingface/gguf: version 0.4.6 drops a byte order mark at the start of a token (Gemma has some), cuts a text
 * at the end of what it has read so far, and reads zeros past the end of a file. The tests compare with it elsewhere.
 */
import { excerpt } from '../../core/excerpt.ts';
import type { Reject } from './reject.ts';

export type MetadataValue = string | number | bigint | boolean | readonly MetadataValue[];

export interface ParsedTensor {
  readonly name: string;
  /** Innermost dimension first. */
  readonly dimensions: readonly bigint[];
  readonly type: number;
  /** From the start of the data. */
  readonly offset: bigint;
}

export interface ParsedHeader {
  readonly metadata: ReadonlyMap<string, MetadataValue>;
  readonly tensors: readonly ParsedTensor[];
  /** Bytes from the start of the file to the end of the list of tensors. */
  readonly bytes: number;
}

/** Far above those of models in use: the largest vocabularies have 300,000 tokens and 600,000 merges. */
const most = { listItems: 4_000_000, textBytes: 4_000_000, dimensions: 4, listDepth: 3 } as const;

/** Magic number and version. */
const countsBegin = 8;

/**
 * @param head the first bytes of a file whose start was checked
 * @param fileBytes size of the whole file
 * @returns `null` if the header goes on behind `head`
 */
export function parseHeader(
  head: Uint8Array<ArrayBuffer>,
  fileBytes: number,
  reject: Reject,
): ParsedHeader | null {
  const reader = new HeaderReader(head, fileBytes, reject);
  try {
    const tensorCount = Number(reader.u64());
    const keyCount = Number(reader.u64());
    const metadata = new Map<string, MetadataValue>();
    for (let i = 0; i < keyCount; i++) {
      const key = reader.text(`the name of key ${i}`);
      if (metadata.has(key)) return reject(`it has the key "${excerpt(key)}" twice`);
      metadata.set(key, reader.value(reader.u32(), key));
    }
    const tensors = Array.from({ length: tensorCount }, (_, i) => reader.tensor(i));
    return { metadata, tensors, bytes: reader.position };
  } catch (error) {
    if (error === headEnds) return null;
    throw error;
  }
}

/** Thrown where more of the file must be read. */
const headEnds = new Error('The header goes on.');

class HeaderReader {
  position = countsBegin;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  readonly #fileBytes: number;
  readonly #reject: Reject;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

  constructor(bytes: Uint8Array<ArrayBuffer>, fileBytes: number, reject: Reject) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#fileBytes = fileBytes;
    this.#reject = reject;
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
  }

  /** @param what is read, for errors */
  text(what: string): string {
    const length = this.u64();
    if (length > BigInt(most.textBytes))
      return this.#reject(`${what} claims ${length} bytes (at byte ${this.position})`);
    const begin = this.#take(Number(length));
    try {
      return this.#decoder.decode(this.#bytes.subarray(begin, this.position));
    } catch {
      return this.#reject(`${what} is not UTF-8 text (at byte ${begin})`);
    }
  }

  /** @param type as the format numbers them */
  value(type: number, key: string, depth = 0): MetadataValue {
    const view = this.#view;
    switch (type) {
      case 0:
        return view.getUint8(this.#take(1));
      case 1:
        return view.getInt8(this.#take(1));
      case 2:
        return view.getUint16(this.#take(2), true);
      case 3:
        return view.getInt16(this.#take(2), true);
      case 4:
        return this.u32();
      case 5:
        return view.getInt32(this.#take(4), true);
      case 6:
        return view.getFloat32(this.#take(4), true);
      case 7:
        return view.getUint8(this.#take(1)) !== 0;
      case 8:
        return this.text(`"${excerpt(key)}"`);
      case 9:
        return this.#list(key, depth);
      case 10:
        return this.u64();
      case 11:
        return view.getBigInt64(this.#take(8), true);
      case 12:
        return view.getFloat64(this.#take(8), true);
      default:
        return this.#reject(`"${excerpt(key)}" has a value of type ${type}, which the format does not have`);
    }
  }

  tensor(index: number): ParsedTensor {
    const name = this.text(`the name of tensor ${index}`);
    const rank = this.u32();
    if (rank === 0 || rank > most.dimensions)
      return this.#reject(`tensor "${excerpt(name)}" has ${rank} dimensions, not 1 to ${most.dimensions}`);
    const dimensions = Array.from({ length: rank }, () => this.u64());
    return { name, dimensions, type: this.u32(), offset: this.u64() };
  }

  #list(key: string, depth: number): readonly MetadataValue[] {
    const type = this.u32();
    const length = this.u64();
    const left = this.#fileBytes - this.position;
    if (length > BigInt(Math.min(most.listItems, left)) || depth >= most.listDepth)
      return this.#reject(`"${excerpt(key)}" claims a list of ${length} items (at byte ${this.position})`);
    const items: MetadataValue[] = [];
    for (let i = 0; i < Number(length); i++) items.push(this.value(type, key, depth + 1));
    return items;
  }

  /** @returns where the next `count` bytes begin, and goes behind them */
  #take(count: number): number {
    const begin = this.position;
    const end = begin + count;
    if (end > this.#fileBytes) return this.#reject(`it ends within its header, at byte ${this.#fileBytes}`);
    if (end > this.#bytes.byteLength) throw headEnds;
    this.position = end;
    return begin;
  }
}
