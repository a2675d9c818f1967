/** @file A stored model as one file, to be kept elsewhere or brought to another device. */
import { manifestFile } from '../../models/import/own-files.ts';
import { storedFile } from '../../models/stored-files.ts';
import { foundManifest, notAsStored } from './stored-model.ts';

/** A zip file of its folder, uncompressed. @throws LabError 'unknown-model'; 'bad-model' if a file is missing */
export async function exportModel(id: string): Promise<Blob> {
  const { files } = await foundManifest(id);
  const { BlobReader, BlobWriter, ZipWriter } = await import('@zip.js/zip.js/lib/zip-core-native.js');
  const writer = new ZipWriter(new BlobWriter('application/zip'), { level: 0, useWebWorkers: false });
  for (const path of [manifestFile, ...files.map((file) => file.path)]) {
    const file = await storedFile(`${id}/${path}`);
    if (!file) throw notAsStored(id, path);
    await writer.add(path, new BlobReader(file));
  }
  return writer.close();
}
