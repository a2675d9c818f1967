/** @file Which models' files are on this device already. */
import { createContext } from 'svelte';
import { storedOnDevice } from '../../lab/seal/page-airlock.ts';
import type { ModelEntry } from '../types.ts';
import { configUrl } from './config-url.ts';

export class StoredModels {
  /** By model id; a model that is missing here has not been looked up or cannot be. */
  stored = $state.raw<Readonly<Record<string, boolean>>>({});
  readonly #caches: Pick<CacheStorage, 'match'> | undefined;
  readonly #site: string;

  /** @param caches missing outside secure contexts */
  constructor(caches: Pick<CacheStorage, 'match'> | undefined, site: string) {
    [this.#caches, this.#site] = [caches, site];
  }

  look = async (models: readonly ModelEntry[]): Promise<void> => {
    const files = models.flatMap((model) => {
      const url = configUrl(model, this.#site);
      return url === null ? [] : [{ id: model.id, url }];
    });
    const entries = await Promise.all(
      files.map(async ({ id, url }) => {
        const match = await this.#caches?.match(url, { ignoreSearch: true });
        return [id, match !== undefined] as const;
      }),
    );
    const ofHubs = models.filter((model) => configUrl(model, this.#site) === null);
    const found = await storedOnDevice(ofHubs);
    this.stored = Object.fromEntries([
      ...entries,
      ...ofHubs.flatMap(({ id }, index) => (found[index] == null ? [] : [[id, found[index]] as const])),
    ]);
  };
}

export const [getStoredModels, setStoredModels] = createContext<StoredModels>();
