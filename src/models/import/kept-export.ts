/** @file A repository that was stored as it is published, when it comes back from an export. */
import { excerpt } from '../../core/excerpt.ts';
import { importedId } from '../imported-id.ts';
import type { ExportedFolder } from './checkpoint.ts';
import { manifestIn } from './folder.ts';
import { hashBlob, hashOfHashes } from './hash-blob.ts';
import { notExported } from './identify.ts';
import type { ImportOptions } from './import-checkpoint.ts';
import type { KeepOptions } from './keep-files.ts';
import { modelFolder } from './paths.ts';
import { progressMeter } from './progress.ts';

/** @returns `null` for files that are something else. No file but `model.json` is read */
export async function keptExport(files: ReadonlyMap<string, Blob>): Promise<ExportedFolder | null> {
  const folder = modelFolder(files)?.files;
  const manifest = folder ? await manifestIn(folder) : null;
  return folder && manifest?.weights.dtype === 'as-published' ? { manifest, files: folder } : null;
}

export interface CheckedExport {
  /** Those that are listed. */
  readonly files: ReadonlyMap<string, Blob>;
  /** The id is made from the files, as when the repository was stored first. */
  readonly known: Pick<KeepOptions, 'title' | 'repository' | 'task'> & {
    readonly id: string;
    readonly sourceSha256: string;
  };
}

/**
 * Reads every file once.
 * @throws LabError 'bad-model' for files that are not those that `model.json` lists; or the signal's reason
 */
export async function checkKept(
  { manifest, files }: ExportedFolder,
  { signal, onProgress }: Pick<ImportOptions, 'signal' | 'onProgress'>,
): Promise<CheckedExport> {
  const meter = progressMeter(
    manifest.files.reduce((sum, { bytes }) => sum + bytes, 0),
    () => performance.now(),
  );
  const onBytes = (bytes: number) => onProgress?.({ stage: 'checking', ...meter(bytes) });
  const listed = new Map<string, Blob>();
  const hashes = new Map<string, string>();
  for (const { path, bytes, sha256 } of manifest.files) {
    const file = files.get(path);
    if (!file) throw notExported(`${excerpt(path)}, which its model.json lists, is missing.`);
    if (file.size !== bytes || (await hashBlob(file, { signal, onBytes })) !== sha256)
      throw notExported(`${excerpt(path)} is not as the model.json beside it says.`);
    listed.set(path, file);
    hashes.set(path, sha256);
  }
  const { title, repository, task } = manifest;
  const sourceSha256 = hashOfHashes(hashes);
  return {
    files: listed,
    known: { title, repository, task, sourceSha256, id: importedId(title, sourceSha256) },
  };
}
