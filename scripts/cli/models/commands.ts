/** @file `models list|add|verify|remove`: the models that the command line can run. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { excerpt } from '../../../src/core/excerpt.ts';
import { registries } from '../../../src/lab/trials/registries.ts';
import { readAdaptedId } from '../../../src/models/adapted-entry.ts';
import { knownAdapter } from '../../../src/models/catalogue/known-adapters.ts';
import type { ModelEntry } from '../../../src/models/catalog.ts';
import { root } from '../../build.ts';
import { badUsage, CommandError, readLongInput } from '../failure.ts';
import { textTable } from '../text-table.ts';
import { addModel } from './add.ts';
import { cachedModels, findCached, folderOf, removeCached, type CachedModel } from './cache.ts';
import { idsOf, type NamingOptions } from './named.ts';
import { sha256Of } from './source-files.ts';
import { damageIn, offeredIn, sizeOf } from './stored-form.ts';

const megabytes = (bytes: number | null) => (bytes === null ? 'unknown' : `${(bytes / 1e6).toFixed(1)} MB`);

interface Printed {
  readonly json?: true;
}

/** A model of the command line, as `--json` prints it. */
interface ListedModel {
  readonly id: string;
  /** `bundled`, or the path or repository that it was imported from. */
  readonly source: string;
  /** On disk; `null` where its manifest cannot be read. */
  readonly bytes: number | null;
  /** Of the weights of a bundled model; of the files that another was imported from. */
  readonly sha256: string;
  readonly runtimes: ModelEntry['runtimes'];
  readonly access: ModelEntry['access'];
}

async function bundled({ id, runtimes, access }: ModelEntry): Promise<ListedModel> {
  const weights = join(root, 'public/models', id, 'model.safetensors');
  const { size } = statSync(weights);
  return { id, source: 'bundled', bytes: size, sha256: await sha256Of(weights), runtimes, access };
}

function listed(model: CachedModel): ListedModel {
  const { id, source, sha256 } = model;
  const { runtimes, access } = offeredIn(folderOf(model));
  return { id, source, bytes: sizeOf(folderOf(model)), sha256, runtimes, access };
}

export async function listModels({ json }: Printed): Promise<void> {
  const models = [...(await Promise.all(registries.models.map(bundled))), ...cachedModels().map(listed)];
  if (json) return console.log(JSON.stringify(models, null, 2));
  const rows = models.map(({ id, source, bytes, sha256, access }) => ({
    id,
    size: megabytes(bytes),
    'SHA-256': sha256.slice(0, 12),
    access,
    source: excerpt(source, 60),
  }));
  console.log(textTable(rows));
}

export async function addModels(name: string, options: Printed & NamingOptions): Promise<void> {
  const ids = await readLongInput(() => idsOf([name], options));
  const id = ids.get(name)!;
  const part = readAdaptedId(id)?.adapter ?? id;
  if (knownAdapter(part)) return console.log(options.json ? JSON.stringify({ id, source: 'bundled' }) : id);
  const model = findCached(part) ?? (await readLongInput(() => addModel(name, options.fourBit)));
  console.log(options.json ? JSON.stringify({ ...listed(model), id }) : id);
}

/** @throws CommandError 2 for an id that names no imported model */
function cachedModel(id: string): CachedModel {
  const model = findCached(id);
  if (model) return model;
  if (registries.models.some((entry) => entry.id === id))
    throw badUsage(`"${id}" ships with the app and is part of the checkout.`);
  throw badUsage(`No imported model has the id "${excerpt(id)}".`, 'See: lab models list');
}

export async function verifyModel(id: string | undefined, { json }: Printed): Promise<void> {
  const models = id === undefined ? cachedModels() : [cachedModel(id)];
  const results: { id: string; damage: string | null }[] = [];
  for (const model of models) results.push({ id: model.id, damage: await damageIn(folderOf(model)) });
  if (json) console.log(JSON.stringify(results));
  else
    for (const result of results)
      console.log(`${result.id}  ${result.damage ?? 'every file is as it was written'}`);
  const damaged = results.filter(({ damage }) => damage !== null).map((result) => result.id);
  if (damaged.length > 0)
    throw new CommandError(
      1,
      `Damaged: ${damaged.join(', ')}.`,
      'Remove the model and add it again: lab models remove <id>, lab models add <file>',
    );
}

export function removeModel(id: string, { json }: Printed): void {
  const model = cachedModel(id);
  const bytes = sizeOf(folderOf(model));
  removeCached(model);
  if (json) console.log(JSON.stringify({ id, bytes }));
  else console.error(`Removed ${id}, ${megabytes(bytes)}.`);
}
