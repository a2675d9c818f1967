/** @file Files as users bring them, made from the tiny model. */
import { BlobReader, BlobWriter, ZipWriter } from '@zip.js/zip.js/lib/zip-core-native.js';
import { LabError } from '../../../src/core/errors.ts';
import { tinyFolder, type Files } from '../tiny-model.ts';

export const blobs = (files: Files, folder = ''): Map<string, Blob> =>
  new Map([...files].map(([path, bytes]) => [folder + path, new Blob([bytes])]));

/** The tiny model without its graph, as hubs have it. */
export const tinyHubFolder = (folder = ''): Map<string, Blob> => {
  const files = blobs(tinyFolder(), folder);
  files.delete(`${folder}onnx/model.onnx`);
  return files;
};

export const jsonBlob = (value: unknown): Blob => new Blob([JSON.stringify(value)]);

/** @param level 0 stores, 6 compresses */
export async function zipOf(files: ReadonlyMap<string, Blob>, level: number): Promise<Blob> {
  const writer = new ZipWriter(new BlobWriter(), { useWebWorkers: false, level, extendedTimestamp: false });
  for (const [path, file] of files) await writer.add(path, new BlobReader(file));
  return writer.close();
}

/** Code and message of the failure of `work`. */
export async function failureOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof LabError) return `${error.code}: ${error.message} ${error.advice}`;
    throw error;
  }
  throw new Error('It did not fail.');
}
