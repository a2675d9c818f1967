/** @file Writes the files of a folder and takes the hash of each on the way. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { FolderWriter } from './folder-writer.ts';
import type { ManifestFile } from './manifest.ts';

export type Append = (bytes: Uint8Array<ArrayBuffer>) => Promise<void>;

export async function writeHashed(
  folder: FolderWriter,
  path: string,
  work: (append: Append) => Promise<void>,
): Promise<ManifestFile> {
  const hash = sha256.create();
  let bytes = 0;
  const file = await folder.create(path);
  try {
    await work(async (part) => {
      await file.append(part);
      hash.update(part);
      bytes += part.byteLength;
    });
  } finally {
    await file.close();
  }
  return { path, bytes, sha256: bytesToHex(hash.digest()) };
}

export const writeJson = (folder: FolderWriter, path: string, value: unknown): Promise<ManifestFile> =>
  writeHashed(folder, path, (append) => append(new TextEncoder().encode(JSON.stringify(value))));
