/**
 * @file The models that the command line imported, in `.cache/models/` of the checkout: for each a folder named by the
 * hash of the files that it was made from, and beside it a record, which is written when the folder is complete.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { importedFolder, isImportedId } from '../../../src/models/imported-id.ts';
import { root } from '../../build.ts';
import { writeWhole } from '../whole-file.ts';

/** `GLOVEBOX_MODELS` names another place. */
export const cacheFolder = (): string => process.env['GLOVEBOX_MODELS'] || join(root, '.cache', 'models');

const recordSchema = z.object({
  id: z.string().refine(isImportedId),
  /** Path or hub repository that it was imported from. */
  source: z.string(),
  /** Of the one file that it was made from; of a list of names and hashes where there were several. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** The files it was made from as they were then, so that they need not be hashed again. */
  files: z.array(z.object({ path: z.string(), bytes: z.number(), changedMs: z.number() })),
});

export type CachedModel = z.output<typeof recordSchema>;
export type SourceFile = CachedModel['files'][number];

export const folderOf = ({ sha256 }: Pick<CachedModel, 'sha256'>): string => join(cacheFolder(), sha256);
const recordPath = (sha256: string) => join(cacheFolder(), `${sha256}.json`);
/** Of the note that the model's files had their hashes, and in which state that was. */
export const stampPath = (sha256: string): string => join(cacheFolder(), `${sha256}.checked`);

/** Every model that is complete; a record that cannot be read is left out. */
export function cachedModels(): readonly CachedModel[] {
  const folder = cacheFolder();
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .flatMap((name) => {
      const record = readRecord(join(folder, name));
      return record && existsSync(folderOf(record)) ? [record] : [];
    });
}

function readRecord(path: string): CachedModel | null {
  try {
    return recordSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return null; // made again by the next import
  }
}

export const findCached = (id: string): CachedModel | undefined =>
  cachedModels().find((model) => model.id === id);

/** @throws CommandError 1 when it cannot be written */
export function keepRecord(model: CachedModel): void {
  mkdirSync(cacheFolder(), { recursive: true });
  writeWhole(recordPath(model.sha256), `${JSON.stringify(model, null, 1)}\n`);
}

export function removeCached(model: CachedModel): void {
  rmSync(recordPath(model.sha256), { force: true }); // first: without it the folder counts as incomplete
  rmSync(stampPath(model.sha256), { force: true });
  rmSync(folderOf(model), { recursive: true, force: true });
}

/** What a server has to serve for these models, besides the app. */
export const mountsFor = (ids: Iterable<string>): ReadonlyMap<string, string> =>
  new Map(
    [...new Set(ids)].flatMap((id) => {
      const model = findCached(id);
      return model ? [[importedFolder(id), folderOf(model)] as const] : [];
    }),
  );
