/** @file Which model the files that a user brought are: its id, and the hash that stands behind it. */
import { LabError } from '../../core/errors.ts';
import { excerpt } from '../../core/excerpt.ts';
import { idDigits, importedId, isImportedId } from '../imported-id.ts';
import type { Checkpoint, ExportedFolder } from './checkpoint.ts';
import { hashBlob, hashFiles, type HashOptions } from './hash-blob.ts';
import type { ImportOptions } from './import-checkpoint.ts';
import { progressMeter } from './progress.ts';
import { decisiveFiles, sourceOf } from './source.ts';
import { weightsFile } from './write-weights.ts';

export interface Identity {
  readonly id: string;
  /** As the user knows it: by its file or folder; what GGUF files call themselves is often another name. */
  readonly title: string;
  readonly dtype: 'F16' | 'F32';
  readonly sourceSha256: string;
  /** Id and hash are what the `model.json` of an exported model says: the files that they were made from are not here. */
  readonly restored?: true;
  /** Of a restored model, as it was exported; hexadecimal. */
  readonly weightsSha256?: string;
}

/**
 * Reads every file once. A model that was exported keeps its id and its precision.
 * @param files what `checkpoint` was opened from
 * @throws LabError 'bad-model' for an exported model whose files are not those that its `model.json` lists, or whose id
 *   does not fit its hash; or the signal's reason
 */
export async function identify(
  files: ReadonlyMap<string, Blob>,
  { exported, title }: Checkpoint,
  { dtype = 'F16', signal, onProgress }: Pick<ImportOptions, 'dtype' | 'signal' | 'onProgress'>,
): Promise<Identity> {
  const source = sourceOf(files);
  const read = exported ? statedFiles(exported) : source.files;
  const meter = progressMeter(
    [...read.values()].reduce((sum, { size }) => sum + size, 0),
    () => performance.now(),
  );
  const options: HashOptions = {
    signal,
    onBytes: (bytes) => onProgress?.({ stage: 'checking', ...meter(bytes) }),
  };
  if (exported) {
    await checkExported(exported, options);
    const { id, weights, sourceSha256, files: stated } = exported.manifest;
    const stored = weights.dtype === 'F32' ? 'F32' : 'F16';
    const kept = { title, dtype: stored } as const;
    if (isImportedId(id) && sourceSha256 !== undefined) {
      if (!id.endsWith(`@${sourceSha256.slice(0, idDigits)}`)) throw otherHash(id);
      const weightsSha256 = stated.find(({ path }) => path === weightsFile)?.sha256;
      return {
        id,
        sourceSha256,
        ...kept,
        restored: true,
        ...(weightsSha256 !== undefined && { weightsSha256 }),
      };
    }
    const sha256 = await hashFiles(source.files, { signal });
    return { id: importedId(source.name, sha256, stored), sourceSha256: sha256, ...kept };
  }
  const name = source.name || title;
  const sourceSha256 = await hashFiles(source.files, options);
  return { id: importedId(name, sourceSha256, dtype), title: excerpt(name, 100), sourceSha256, dtype };
}

/** Graphs are written anew, and not read. */
const statedFiles = ({ manifest, files }: ExportedFolder): ReadonlyMap<string, Blob> =>
  new Map(
    manifest.files.flatMap(({ path }) =>
      files.has(path) && !isGraph(path) ? [[path, files.get(path)!]] : [],
    ),
  );
const isGraph = (path: string) => path.startsWith('onnx/');

async function checkExported(exported: ExportedFolder, options: HashOptions): Promise<void> {
  const stated = new Map(exported.manifest.files.map(({ path, sha256 }) => [path, sha256]));
  const missing = [...stated.keys()].find((path) => !exported.files.has(path) && !isGraph(path));
  if (missing !== undefined)
    throw notExported(`${excerpt(missing)}, which its model.json lists, is missing.`);
  const added = decisiveFiles(exported.files.keys()).find((path) => !stated.has(path));
  if (added !== undefined)
    throw notExported(`${excerpt(added)} is not in the list of the model.json beside it.`);
  for (const [path, file] of statedFiles(exported)) {
    if ((await hashBlob(file, options)) === stated.get(path)) continue;
    throw notExported(`${excerpt(path)} is not as the model.json beside it says.`);
  }
}

const otherHash = (id: string) =>
  notExported(`The id "${excerpt(id)}" in its model.json does not end with the first digits of its hash.`);

/** The failure of an export whose files and `model.json` do not fit. @param what as a sentence */
export const notExported = (what: string): LabError =>
  new LabError('bad-model', what, {
    advice:
      'Copy or export the model again. If you changed it yourself, delete model.json: then it is a model of its own.',
  });
