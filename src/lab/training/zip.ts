/** @file Files as one zip file. */
import type { Bytes } from './kept-folder.ts';

/** Uncompressed: weights do not get smaller. */
export async function zipOf(files: ReadonlyMap<string, Bytes>): Promise<Blob> {
  const { BlobReader, BlobWriter, ZipWriter } = await import('@zip.js/zip.js/lib/zip-core-native.js');
  const writer = new ZipWriter(new BlobWriter('application/zip'), { level: 0, useWebWorkers: false });
  for (const [path, bytes] of files) await writer.add(path, new BlobReader(new Blob([bytes])));
  return writer.close();
}
