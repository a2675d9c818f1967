/** @file Whether an imported model is as it was written: hashed once for each state of its files, judged by sizes and times. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Identity } from '../../../src/models/import/identify.ts';
import { manifestFile } from '../../../src/models/import/own-files.ts';
import { replaces } from '../../../src/models/import/same-id.ts';
import { CommandError } from '../failure.ts';
import { writeWhole } from '../whole-file.ts';
import { findCached, folderOf, removeCached, stampPath, type CachedModel } from './cache.ts';
import { damageIn, readableManifest } from './stored-form.ts';

/** Sizes and times of all its files, as text; `null` when one is missing. */
function stampOf(folder: string): string | null {
  const manifest = readableManifest(folder);
  if (!manifest) return null;
  const states = [manifestFile, ...manifest.files.map(({ path }) => path)].map((path) => {
    const state = statSync(join(folder, path), { throwIfNoEntry: false });
    return state && ([path, state.size, state.mtimeMs] as const);
  });
  return states.includes(undefined) ? null : JSON.stringify(states);
}

function keptStamp(model: CachedModel): string | null {
  try {
    return readFileSync(stampPath(model.sha256), 'utf8');
  } catch {
    return null; // not checked yet
  }
}

/** The first file that is not as it was written, in words; `null` if all are. */
export async function damageOf(model: CachedModel): Promise<string | null> {
  const folder = folderOf(model);
  const stamp = stampOf(folder);
  if (stamp !== null && stamp === keptStamp(model)) return null;
  const damage = await damageIn(folder);
  if (damage === null && stamp !== null) keepStamp(model, stamp);
  return damage;
}

function keepStamp({ sha256 }: CachedModel, stamp: string): void {
  try {
    writeWhole(stampPath(sha256), stamp);
  } catch {
    // The folder may be one to read from only: then the next command hashes the model again.
  }
}

/**
 * The model that is here under the id of what was brought, if it stays; one that does not is removed.
 * @throws LabError 'bad-model' for an export with other weights
 */
export async function twinOf(
  brought: Pick<Identity, 'id' | 'restored' | 'weightsSha256'>,
): Promise<CachedModel | null> {
  const twin = findCached(brought.id);
  if (!twin) return null;
  const stored = readableManifest(folderOf(twin));
  if (stored && !replaces(brought, stored) && (await damageOf(twin)) === null) return twin;
  removeCached(twin);
  return null;
}

/** To be called before models are used. @throws CommandError 1 for one that is not as it was written */
export async function checkIntact(ids: Iterable<string>): Promise<void> {
  for (const id of new Set(ids)) {
    const model = findCached(id);
    const damage = model ? await damageOf(model) : null;
    if (damage === null) continue;
    throw new CommandError(
      1,
      `The model "${id}" is damaged, and is not used: ${damage}.`,
      `Add it again, which replaces it: lab models add ${model!.source}`,
    );
  }
}
