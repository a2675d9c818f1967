/** @file One model of the store as its files have it: its manifest, and beside it what changes after the import. */
import { z } from 'zod';
import { LabError } from '../../core/errors.ts';
import { excerpt } from '../../core/excerpt.ts';
import { manifestBytes, modelHash, parseManifest, type ModelManifest } from '../../models/import/manifest.ts';
import { manifestFile, stateFile } from '../../models/import/own-files.ts';
import { storedFile } from '../../models/stored-files.ts';
import type { StoredModel } from '../records/stored-model.ts';
import { writeFile } from './stored-folder.ts';

const stateSchema = z.object({
  title: z.string().min(1).max(300).optional(),
  /** As in the manifest, for a model that was stored before it came from a hub too. */
  repository: z.string().max(300).optional(),
  pinned: z.boolean().default(false),
  lastUsedAt: z.iso.datetime().nullable().default(null),
  /** A file that was not as it was stored. */
  damaged: z.string().nullable().default(null),
});
type State = z.infer<typeof stateSchema>;

async function readJson(path: string): Promise<unknown> {
  const file = await storedFile(path);
  return file && (JSON.parse(await file.text()) as unknown);
}

export async function stateOf(id: string): Promise<State> {
  const parsed = stateSchema.safeParse(await readJson(`${id}/${stateFile}`).catch(() => null));
  return parsed.data ?? stateSchema.parse({});
}

/** Whether its import was cut off: the manifest comes last, and was not begun or not written to its end. */
export async function isIncomplete(id: string): Promise<boolean> {
  const path = `${id}/${manifestFile}`;
  if (!(await storedFile(path))) return true;
  return readJson(path).then(
    () => false,
    (error: unknown) => error instanceof SyntaxError,
  );
}

/** `null` for a folder without a usable manifest. */
export async function manifestOf(id: string): Promise<ModelManifest | null> {
  try {
    return parseManifest(await readJson(`${id}/${manifestFile}`));
  } catch {
    return null;
  }
}

/** @throws LabError 'unknown-model' */
export async function foundManifest(id: string): Promise<ModelManifest> {
  const manifest = await manifestOf(id);
  if (manifest) return manifest;
  throw new LabError('unknown-model', `No model "${excerpt(id)}" is stored in this browser.`, {
    advice: 'Import it again.',
  });
}

export const notAsStored = (id: string, path: string): LabError =>
  new LabError('bad-model', `${path} of "${excerpt(id)}" is not as it was stored, and is not used.`, {
    advice: 'Import it again, from the files that it was made from.',
  });

/** @throws LabError 'unknown-model', or of the storage */
export async function changeState(id: string, changes: Partial<State>): Promise<void> {
  await foundManifest(id);
  const state = { ...(await stateOf(id)), ...changes };
  await writeFile(`${id}/${stateFile}`, new TextEncoder().encode(JSON.stringify(state)));
}

/** @param id of its folder, which is that of the manifest unless an older version of the lab stored it */
export async function describeStored(id: string, manifest: ModelManifest): Promise<StoredModel> {
  const { title, pinned, lastUsedAt, repository = manifest.repository } = await stateOf(id);
  const {
    origin,
    license,
    task,
    labels,
    adapter,
    template,
    architecture,
    parameters,
    importedAt,
    sourceSha256,
    precision,
    shape,
  } = manifest;
  return {
    id,
    title: title ?? manifest.title,
    origin,
    ...(repository !== undefined && { repository }),
    license,
    task,
    ...(labels && { labels }),
    ...(adapter && { adapter }),
    ...(template && { template }),
    architecture,
    parameters,
    importedAt,
    ...(sourceSha256 !== undefined && { sourceSha256 }),
    ...(precision && { precision }),
    ...(shape && { shape }),
    dtype: manifest.weights.dtype,
    bytes: manifestBytes(manifest),
    sha256: modelHash(manifest),
    lastUsedAt,
    pinned,
  };
}
