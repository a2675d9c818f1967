/** @file The hash of a file as the list of its repository states it: SHA-256 for large files, git's SHA-1 for others. */
import { sha1 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { HubFile } from './addresses.ts';

export function fileHasher({ hash, bytes }: Pick<HubFile, 'hash' | 'bytes'>) {
  const state =
    hash.algorithm === 'sha-256' ? sha256.create() : sha1.create().update(utf8ToBytes(`blob ${bytes}\0`));
  return {
    update: (content: Uint8Array): void => void state.update(content),
    /** Of all that was given; to be called once. */
    hex: (): string => bytesToHex(state.digest()),
  };
}

/** True if `content` is the file that the list describes, byte for byte. */
export function isListedFile(content: Uint8Array, file: Pick<HubFile, 'hash' | 'bytes'>): boolean {
  const hasher = fileHasher(file);
  hasher.update(content);
  return content.byteLength === file.bytes && hasher.hex() === file.hash.hex;
}
