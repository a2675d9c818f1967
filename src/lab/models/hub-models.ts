/** @file Models of a hub in this browser: their files are downloaded through the airlock, then stored like any other. */
import type { ComputeDevice } from '../../models/compute-device.ts';
import type { ModelTask } from '../../models/catalog.ts';
import { agreedFiles, dropParts } from '../../models/hub/download.ts';
import { downloadHubFiles, incomplete, type HubProgress } from '../../models/hub/files.ts';
import { hubOriginText, hubTitle } from '../../models/hub/name.ts';
import type { HubParts } from '../../models/hub/parts.ts';
import type { HubPlan } from '../../models/hub/plan.ts';
import type { ImportProgress } from '../../models/import/progress.ts';
import type { StoredModel } from '../records/stored-model.ts';
import type { ModelStore } from './model-store.ts';

/** Files of a repository that the user agreed to. Plain data. */
export interface HubModelFiles {
  /** `org/name`, or `org/name:file.gguf`. */
  readonly name: string;
  /** Of the repository's files, relative to the site's root. */
  readonly folder: string;
  readonly paths: readonly string[];
  /** What the revision stood for when the list was asked for. */
  readonly commit: string;
  readonly how: HubPlan['how'];
  /** What it does, where its files do not say. */
  readonly task: ModelTask;
  /** Asked in place of the hub; `null`: the hub itself. */
  readonly mirror: string | null;
}

export interface HubModels {
  /** Needs an airlock that is open for these files, but for those that are here. @throws as `downloadHubFiles` */
  download(
    files: HubModelFiles,
    options: {
      readonly signal?: AbortSignal | undefined;
      readonly onProgress?: ((progress: HubProgress) => void) | undefined;
    },
  ): Promise<void>;
  /** Store what was downloaded; then the downloaded files are dropped. @throws as `ModelStore.import` and `keep` */
  import(
    files: HubModelFiles,
    options: {
      /** That the lab is set to. Default: the processor. */
      readonly device?: ComputeDevice | undefined;
      readonly signal?: AbortSignal | undefined;
      readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
    },
  ): Promise<StoredModel>;
}

export interface HubModelsParts {
  readonly store: ModelStore;
  readonly parts: Pick<HubParts, 'whole'>;
  /** Absolute URL of the app's folder. */
  readonly site: string;
  /** Default: the global one. */
  readonly fetch?: typeof fetch | undefined;
}

export function createHubModels({ store, parts, site, fetch }: HubModelsParts): HubModels {
  return {
    async download({ folder, paths }, options) {
      await downloadHubFiles(site + folder, paths, { fetch, ...options });
    },
    async import({ name, folder, paths, commit, how, task, mirror }, options) {
      const list = await agreedFiles(site + folder, paths[0] ?? name, { fetch, ...options });
      const blobs = new Map<string, Blob>();
      for (const path of paths) {
        const file = list.find((listed) => listed.path === path);
        const blob = file ? await parts.whole(file) : null;
        if (!blob) throw incomplete(name, path);
        // Below a folder's name, as when the folder is brought from a disk: its id is then the same.
        blobs.set(how === 'keep' || paths.length === 1 ? path : `${hubTitle(name)}/${path}`, blob);
      }
      const known = {
        title: hubTitle(name),
        origin: hubOriginText(name, commit, mirror),
        repository: name,
        ...options,
      };
      const { model } =
        how === 'keep' ? await store.keep(blobs, { ...known, task }) : await store.import(blobs, known);
      for (const path of paths) await dropParts(site + folder + path, fetch);
      return model;
    },
  };
}
