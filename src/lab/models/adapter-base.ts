/** @file The model that an adapter is for: one of those stored in this browser, or one that ships with the lab. */
import { bundledModels } from '../../models/catalog.ts';
import { openFolder } from '../../models/files.ts';
import {
  baseOf,
  checkAdapterFits,
  namesOf,
  type AdapterImport,
  type BroughtAdapter,
} from '../../models/import/import-adapter.ts';
import type { ModelManifest } from '../../models/import/manifest.ts';
import { foundManifest } from './stored-model.ts';
import type { StoredModel } from '../records/stored-model.ts';

const bundled = bundledModels.filter(({ runtimes }) => runtimes.includes('whitebox'));

/**
 * @param stored what is stored
 * @throws LabError as `baseOf` and `checkAdapterFits`, or of the model's files
 */
export async function adapterBase(
  { base: named, adapter }: BroughtAdapter,
  stored: readonly StoredModel[],
): Promise<AdapterImport['base']> {
  const models = stored.filter((model) => !model.adapter && model.dtype !== 'as-published');
  const id = baseOf(named, [
    ...bundled.map((model) => ({ id: model.id, names: [] })),
    ...models.map((model) => ({ id: model.id, names: namesOf(model) })),
  ]);
  const shipped = bundled.find((model) => model.id === id);
  const config = await openFolder(shipped?.source ?? { kind: 'stored', folder: id }).json('config.json');
  checkAdapterFits(adapter, config, id);
  if (!shipped) return aboutOf(await foundManifest(id), id);
  const architecture = String(config['model_type']);
  return { id, license: shipped.license, architecture, contextWindow: null };
}

const aboutOf = (
  { license, architecture, contextWindow, shape }: ModelManifest,
  id: string,
): AdapterImport['base'] => ({ id, license, architecture, contextWindow, ...(shape && { shape }) });
