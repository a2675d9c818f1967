/** @file Reads and hashes a file in pieces, so that only one is in memory. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { LabError } from '../../core/errors.ts';
import { turn } from '../decoding/join.ts';
import { hashList } from './source.ts';

export interface HashOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called with the bytes read since the last call. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

/** Bytes in memory at a time. */
const pieceBytes = 4 * 2 ** 20;

/** @throws LabError 'bad-model' if it cannot be read; or the signal's reason */
export async function* piecesOf(
  file: Blob,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let at = 0; at < file.size; at += pieceBytes) {
    signal?.throwIfAborted();
    yield await bytesOf(file.slice(at, at + pieceBytes));
  }
}

/** @returns SHA-256, hexadecimal @throws LabError 'bad-model' if it cannot be read; or the signal's reason */
export async function hashBlob(file: Blob, { signal, onBytes }: HashOptions = {}): Promise<string> {
  const hash = sha256.create();
  for await (const piece of piecesOf(file, signal)) {
    hash.update(piece);
    onBytes?.(piece.byteLength);
    await turn();
  }
  return bytesToHex(hash.digest());
}

async function bytesOf(piece: Blob): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await piece.arrayBuffer());
  } catch (cause) {
    throw new LabError('bad-model', 'A file of the model cannot be read.', {
      advice: 'It was changed, moved or removed meanwhile. Bring it again.',
      cause,
    });
  }
}

/**
 * One hash for a model's files, as the command line makes it: of the one file, or of the list of names and hashes, sorted
 * by name, in whatever order the files came.
 */
export async function hashFiles(files: ReadonlyMap<string, Blob>, options: HashOptions): Promise<string> {
  const hashes = new Map<string, string>();
  for (const [name, file] of files) hashes.set(name, await hashBlob(file, options));
  return hashOfHashes(hashes);
}

/** @param hashes of each file by name */
export function hashOfHashes(hashes: ReadonlyMap<string, string>): string {
  const sorted = [...hashes].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return sorted.length === 1 ? sorted[0]![1] : bytesToHex(sha256(utf8ToBytes(hashList(sorted))));
}
