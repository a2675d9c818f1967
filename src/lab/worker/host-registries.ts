/** @file What a worker offers: everything that ships with the lab, and what is stored in this browser. */
import type { ModelEntry } from '../../models/catalog.ts';
import { storedEntries } from '../../models/stored-entry.ts';
import type { ModelStore } from '../models/model-store.ts';
import type { Catalogue } from '../plan/catalogue.ts';
import type { DeviceInfo } from '../records/run.ts';
import { setCard, type SetStore } from '../sets/set-store.ts';
import { catalogueOf, type Registries } from '../trials/registries.ts';
import { withSets, type NamedSet } from '../trials/sets.ts';

export interface Offered {
  readonly shipped: Registries;
  readonly device: DeviceInfo | Promise<DeviceInfo>;
  /** Models that only WebGPU can run. */
  readonly webgpuModels: () => Promise<readonly ModelEntry[]>;
  readonly modelStore?: ModelStore | undefined;
  readonly setStore?: SetStore | undefined;
}

export interface HostRegistries {
  /** With the models that are stored now, and of the stored sets those that are named. A browser that stores none has none. */
  registries(named?: readonly NamedSet[]): Promise<Registries>;
  /** With a card of every stored set. */
  catalogue(): Promise<Catalogue>;
}

export function createHostRegistries({
  shipped,
  device,
  webgpuModels,
  modelStore,
  setStore,
}: Offered): HostRegistries {
  const fixed = Promise.resolve(device).then(async ({ kind }): Promise<Registries> => {
    if (kind !== 'webgpu') return shipped;
    // The list is in a file of its own, which is missing offline before its first use; the lab works without it.
    const more = await webgpuModels().catch(() => []);
    return { ...shipped, models: [...shipped.models, ...more] };
  });
  const registries: HostRegistries['registries'] = async (named = []) => {
    const all = await fixed;
    const stored = (await modelStore?.list().catch(() => [])) ?? [];
    const imported = named.filter(({ set }) => !shipped.sets.has(set));
    const sets = (await setStore?.find(imported)) ?? [];
    return withSets({ ...all, models: [...all.models, ...storedEntries(stored, all.models)] }, sets);
  };
  return {
    registries,
    async catalogue() {
      const catalogue = catalogueOf(await registries());
      const imported = (await setStore?.list().catch(() => [])) ?? [];
      return { ...catalogue, sets: [...catalogue.sets, ...imported.map(setCard)] };
    },
  };
}
