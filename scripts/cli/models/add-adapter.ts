/** @file Adds an adapter from disk to the cache of the command line, for a model that is there or that ships with the app. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { excerpt } from '../../../src/core/excerpt.ts';
import { adaptedId } from '../../../src/models/adapted-entry.ts';
import { fitsShape, knownAdapter } from '../../../src/models/catalogue/known-adapters.ts';
import {
  baseOf,
  checkAdapterFits,
  importAdapter,
  namesOf,
  openAdapter,
  type AdapterImport,
} from '../../../src/models/import/import-adapter.ts';
import { importedId } from '../../../src/models/imported-id.ts';
import { registries } from '../../../src/lab/trials/registries.ts';
import { root } from '../../build.ts';
import { badUsage } from '../failure.ts';
import { clearPlace } from './add.ts';
import { cachedModels, folderOf, keepRecord } from './cache.ts';
import { folderWriter } from './folder-writer.ts';
import { readableManifest } from './stored-form.ts';
import { asBlobs, hashOf, sourceFiles } from './source-files.ts';

interface Base {
  readonly id: string;
  readonly names: readonly string[];
  readonly folder: string;
  readonly about: AdapterImport['base'];
}

/** Models whose weights are within reach. */
function bases(): readonly Base[] {
  const bundled = registries.models
    .filter(({ source, runtimes }) => source.kind === 'bundled' && runtimes.includes('whitebox'))
    .map(({ id, license }) => ({
      ...{ id, names: [], folder: join(root, 'public/models', id) },
      about: { id, license, architecture: 'llama', contextWindow: null },
    }));
  const imported = cachedModels().flatMap((model) => {
    const manifest = readableManifest(folderOf(model));
    if (!manifest || manifest.adapter || manifest.weights.dtype === 'as-published') return [];
    return [{ id: model.id, names: namesOf(manifest), folder: folderOf(model), about: manifest }];
  });
  return [...bundled, ...imported];
}

/**
 * @param name file or folder
 * @param named the model that it stands on, where that is not the one that its files name
 * @returns id of the model with the adapter, or `null` for files that are no adapter
 * @throws CommandError 2 for files that cannot be read; LabError as `openAdapter`, `baseOf` and `checkAdapterFits`
 */
export async function addAdapter(name: string, named?: string): Promise<string | null> {
  const source = sourceFiles(name);
  const brought = await openAdapter(await asBlobs(source));
  if (!brought) return null;
  const known = cachedModels().find(
    ({ files }) => JSON.stringify(files) === JSON.stringify([...source.files.values()]),
  );
  const before = known && readableManifest(folderOf(known))?.adapter?.base;
  const candidates = bases();
  const base =
    candidates.find(({ id }) => id === (named ?? before)) ?? baseIn(candidates, named ?? brought.base);
  if (known && before === base.id) return adaptedId(base.id, known.id);
  checkAdapterFits(
    brought.adapter,
    JSON.parse(readFileSync(join(base.folder, 'config.json'), 'utf8')),
    base.id,
  );
  const sha256 = await hashOf(source);
  const id = importedId(source.name, sha256);
  const model = { id, source: source.path, sha256, files: [...source.files.values()] };
  clearPlace(folderOf(model));
  await importAdapter(brought, folderWriter(folderOf(model)), {
    ...{ id, title: source.name, origin: source.path, sourceSha256: sha256, base: base.about },
    now: () => new Date(),
  });
  keepRecord(model);
  console.error(`Added the adapter ${id}, of rank ${brought.adapter.rank}, for ${base.id}.`);
  return adaptedId(base.id, id);
}

/** The folder of a model that adapters can stand on. */
export const baseFolder = (id: string): string => bases().find((base) => base.id === id)!.folder;

function baseIn(candidates: readonly Base[], named: string): Base {
  const id = baseOf(named, candidates);
  return candidates.find((candidate) => candidate.id === id)!;
}

/** The model with an adapter that ships with the app. @returns `null` for other names */
export function withKnownAdapter(name: string): string | null {
  const adapter = knownAdapter(name);
  if (!adapter) return null;
  const { repository } = adapter.base;
  const fitting = bases().filter(({ about }) => fitsShape(adapter, about.shape));
  if (fitting.length === 0)
    throw badUsage(
      `"${excerpt(name)}" is an adapter for ${repository}, which is not on this computer.`,
      'Import it first: lab models add <its folder or GGUF file>',
    );
  return adaptedId(baseIn(fitting, fitting.length === 1 ? fitting[0]!.id : repository).id, name);
}
