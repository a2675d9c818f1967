/** @file Reads a model's files out of a zip file. Entries are unpacked one by one, within the sizes that the zip states. */
import type { FileEntry, ZipReader } from '@zip.js/zip.js';
import { isAbort, LabError } from '../../core/errors.ts';
import { excerpt } from '../../core/excerpt.ts';
import { plainPath } from './paths.ts';

/** What a model is read from; other files of a folder are not unpacked. */
const wanted = /(^|\/)([\w.-]+\.(json|jinja|safetensors|gguf)|README\.md)$/i;
/** Graphs are read of exports only, which hold them uncompressed: there they cost nothing. */
const graph = /(^|\/)onnx\/[\w.-]+\.(onnx|onnx_data(_\d+)?)$/i;
const isWanted = (path: string, { compressionMethod }: FileEntry) =>
  wanted.test(path) || (compressionMethod === 0 && graph.test(path));

/** Weights hardly shrink when they are compressed. What shrinks far more is no model. */
const most = { entries: 10_000, smallBytes: 128 * 2 ** 20, weightBytes: 64 * 2 ** 30, ratio: 100 } as const;

/**
 * Files by path. Those that the zip holds uncompressed are views of it; the others are unpacked, which takes the memory
 * of a `Blob` (browsers move large ones to the disk). Files that no model is read from are listed without content.
 * @throws LabError 'bad-input' for what is no zip file, is damaged, encrypted, or unpacks to far more than it is
 */
export async function readZip(file: Blob, signal?: AbortSignal): Promise<ReadonlyMap<string, Blob>> {
  const { BlobReader, ZipReader } = await import('@zip.js/zip.js/lib/zip-core-native.js');
  const reader = new ZipReader(new BlobReader(file), {
    useWebWorkers: false,
    strictness: 'strict',
    filenameValidation: 'tolerant', // paths are checked below, with messages of ours
    ...(signal && { signal }),
  });
  try {
    const entries = await filesOf(reader);
    for (const [path, entry] of entries) checkEntry(path, entry);
    const files = new Map<string, Blob>();
    for (const [path, entry] of entries)
      files.set(path, isWanted(path, entry) ? await contentOf(path, entry, file) : new Blob());
    return files;
  } catch (cause) {
    if (cause instanceof LabError || isAbort(cause)) throw cause;
    throw damaged(`it cannot be unpacked (${excerpt((cause as Error).message)})`, cause);
  } finally {
    await reader.close();
  }
}

async function filesOf(reader: ZipReader<Blob>): Promise<ReadonlyMap<string, FileEntry>> {
  const files = new Map<string, FileEntry>();
  for await (const entry of reader.getEntriesGenerator()) {
    const path = plainPath(entry.filename);
    if (entry.directory) continue;
    if (files.has(path)) throw damaged(`it has two files named ${excerpt(path)}`);
    files.set(path, entry);
    if (files.size > most.entries) throw damaged(`it has more than ${most.entries} files`);
  }
  return files;
}

/** By what the zip's directory states, before anything is unpacked. */
function checkEntry(path: string, entry: FileEntry): void {
  if (!isWanted(path, entry)) return;
  const { encrypted, uncompressedSize, compressedSize } = entry;
  if (encrypted) throw damaged(`${excerpt(path)} is encrypted`);
  const isSmall = !/\.(safetensors|gguf)$/i.test(path) && !graph.test(path);
  const limit = isSmall ? most.smallBytes : most.weightBytes;
  if (uncompressedSize > limit)
    throw damaged(`${excerpt(path)} unpacks to ${uncompressedSize} bytes, over the limit of ${limit}`);
  if (uncompressedSize > 2 ** 20 && uncompressedSize > compressedSize * most.ratio)
    throw damaged(
      `${excerpt(path)} would unpack ${compressedSize} bytes to ${uncompressedSize}, as no model does`,
    );
}

async function contentOf(path: string, entry: FileEntry, zip: Blob): Promise<Blob> {
  const options = { useWebWorkers: false, checkSignature: true, checkOverlappingEntry: true };
  if (entry.compressionMethod === 0) {
    const start = await dataStart(entry, zip);
    return zip.slice(start, start + entry.uncompressedSize);
  }
  let bytes = 0;
  const counter = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(chunk, controller) {
      bytes += chunk.byteLength;
      if (bytes > entry.uncompressedSize) throw damaged(`${excerpt(path)} unpacks to more than it states`);
      controller.enqueue(chunk);
    },
  });
  const [content] = await Promise.all([
    new Response(counter.readable).blob(),
    entry.getData(counter.writable, options),
  ]);
  return content;
}

/** Where the bytes of an uncompressed entry begin: behind its own header, whose two names vary in length. */
async function dataStart({ offset }: FileEntry, zip: Blob): Promise<number> {
  const header = new DataView(await zip.slice(offset, offset + 30).arrayBuffer());
  if (header.byteLength < 30 || header.getUint32(0, true) !== 0x04034b50)
    throw damaged('a file in it does not start where its directory says');
  return offset + 30 + header.getUint16(26, true) + header.getUint16(28, true);
}

const damaged = (what: string, cause?: unknown) =>
  new LabError('bad-input', `This zip file is not usable: ${what}.`, {
    advice: 'Nothing was stored. Download it again, or unpack it yourself and bring the folder.',
    cause,
  });
