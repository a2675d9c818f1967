/** @file Imports a model from disk into the cache of the command line, unless it is there already. */
import { rmSync } from 'node:fs';
import type { Checkpoint, ExportedFolder } from '../../../src/models/import/checkpoint.ts';
import { identify, type Identity } from '../../../src/models/import/identify.ts';
import {
  checkReadable,
  importCheckpoint,
  type ImportOptions,
} from '../../../src/models/import/import-checkpoint.ts';
import { keepFiles } from '../../../src/models/import/keep-files.ts';
import { checkKept } from '../../../src/models/import/kept-export.ts';
import { openBrought } from '../../../src/models/import/open-checkpoint.ts';
import { importedId } from '../../../src/models/imported-id.ts';
import { plainTemplateNote } from '../../../src/models/plain-template.ts';
import { cachedModels, folderOf, keepRecord, type CachedModel } from './cache.ts';
import { folderWriter } from './folder-writer.ts';
import { damageOf, twinOf } from './intact.ts';
import { asBlobs, hashOf, sourceFiles, type SourceFiles } from './source-files.ts';

/** A model that was made from these very files, judged by their paths, sizes and times. */
const unchanged = ({ files }: SourceFiles): CachedModel | undefined =>
  cachedModels().find((model) => JSON.stringify(model.files) === JSON.stringify([...files.values()]));

/**
 * A model that is here but damaged is imported again.
 * @param name file or folder
 * @param fourBit whether to store its matrices in four bits too
 * @throws CommandError 2 for files that cannot be read; LabError of the reader or of the importer
 */
export async function addModel(name: string, fourBit?: boolean): Promise<CachedModel> {
  const source = sourceFiles(name);
  const known = unchanged(source);
  if (known && (await damageOf(known)) === null) return known;
  // Opened first, so that files that are no model are refused before they are read whole.
  const blobs = await asBlobs(source);
  const { checkpoint, kept } = await openBrought(blobs);
  if (kept) return addKept(kept, source);
  checkReadable(checkpoint);
  const sha256 = await hashOf(source);
  const same = cachedModels().find((model) => model.sha256 === sha256);
  const identity = checkpoint.exported
    ? await identify(blobs, checkpoint, {})
    : ({
        id: importedId(source.name, sha256),
        title: source.name,
        sourceSha256: sha256,
        dtype: 'F16',
      } as const);
  const twin = same ? null : await twinOf(identity);
  if (twin) return twin;
  const model: CachedModel = {
    id: same?.id ?? identity.id,
    source: source.path,
    sha256,
    files: [...source.files.values()],
  };
  if (!same || (await damageOf(same)) !== null)
    await importInto(folderOf(model), checkpoint, {
      ...identity,
      origin: source.path,
      fourBit,
    });
  keepRecord(model);
  return model;
}

/** The export of a repository that was stored as it is published. */
async function addKept(kept: ExportedFolder, { path, files }: SourceFiles): Promise<CachedModel> {
  const { files: listed, known } = await checkKept(kept, {});
  const twin = await twinOf(known);
  if (twin) return twin;
  const { id, sourceSha256: sha256 } = known;
  const model: CachedModel = { id, source: path, sha256, files: [...files.values()] };
  clearPlace(folderOf(model));
  console.error(`Importing ${path} …`);
  await keepFiles(listed, folderWriter(folderOf(model)), { ...known, origin: path, now: () => new Date() });
  keepRecord(model);
  return model;
}

const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
const progressMs = 2_000;

/** For a model: what is there without a record is not known to be whole, and with one it is damaged. */
export const clearPlace = (folder: string): void => rmSync(folder, { recursive: true, force: true });

/** Import a checkpoint into a folder of the cache, and say so. @throws as `importCheckpoint` */
export async function importInto(
  folder: string,
  checkpoint: Checkpoint,
  identity: Identity & Pick<ImportOptions, 'origin' | 'title' | 'repository' | 'fourBit'>,
): Promise<void> {
  clearPlace(folder);
  console.error(`Importing ${identity.origin} …`);
  const memory = watchMemory();
  let printedAt = performance.now();
  try {
    const { template, precision } = await importCheckpoint(checkpoint, folderWriter(folder), {
      ...identity,
      now: () => new Date(),
      onProgress({ loadedBytes, totalBytes, secondsLeft }) {
        if (performance.now() - printedAt < progressMs) return;
        printedAt = performance.now();
        const left = secondsLeft === null ? '' : `, about ${Math.ceil(secondsLeft)} s left`;
        console.error(`${megabytes(loadedBytes)} of ${megabytes(totalBytes)} of weights${left}`);
      },
    });
    if (template === 'plain') console.error(plainTemplateNote);
    if (precision) console.error(precision.why);
  } finally {
    memory.stop();
  }
  const { more, all } = memory.peak();
  console.error(
    `Imported as ${identity.id}; at its peak the import took ${megabytes(more)} of memory, ${megabytes(all)} with all else.`,
  );
}

/** The most memory that this process has had, sampled: more than at the start, and in all. */
function watchMemory() {
  const start = process.memoryUsage.rss();
  let most = start;
  const sample = () => (most = Math.max(most, process.memoryUsage.rss()));
  const timer = setInterval(sample, 50);
  return {
    peak() {
      sample();
      return { more: most - start, all: most };
    },
    stop: () => clearInterval(timer),
  };
}
