/** @file The models that were imported into this browser: list, import, verify, rename, pin, export, remove. */
import { LabError } from '../../core/errors.ts';
import { excerpt } from '../../core/excerpt.ts';
import { hashBlob, hashFiles } from '../../models/import/hash-blob.ts';
import { identify, type Identity } from '../../models/import/identify.ts';
import { importAdapter, openAdapter } from '../../models/import/import-adapter.ts';
import type { FolderWriter } from '../../models/import/folder-writer.ts';
import {
  checkReadable,
  importCheckpoint,
  type ImportOptions,
} from '../../models/import/import-checkpoint.ts';
import { keepFiles, type KeepOptions } from '../../models/import/keep-files.ts';
import { checkKept } from '../../models/import/kept-export.ts';
import { modelHash, type ModelManifest } from '../../models/import/manifest.ts';
import { withoutOwnFiles } from '../../models/import/own-files.ts';
import { openBrought } from '../../models/import/open-checkpoint.ts';
import { replaces } from '../../models/import/same-id.ts';
import { importedId } from '../../models/imported-id.ts';
import { storedFile, storedModelsFolder } from '../../models/stored-files.ts';
import type { ImportedModel, StoredModel } from '../records/stored-model.ts';
import { adapterBase } from './adapter-base.ts';
import { exportModel } from './export-model.ts';
import { createFolder, removeFolder } from './stored-folder.ts';
import {
  changeState,
  describeStored,
  foundManifest,
  isIncomplete,
  manifestOf,
  notAsStored,
  stateOf,
} from './stored-model.ts';

/** What is known of a model that came from a hub, besides its files. */
type FromHub = Required<Pick<KeepOptions, 'title' | 'origin' | 'repository'>>;

export interface ModelStore {
  /** The first call in a session removes what imports left that were cut off. */
  list(): Promise<readonly StoredModel[]>;
  /**
   * Files of a model that is stored already are not stored again, unless `replaces` says so or it is damaged.
   * @throws as `openBrought`, `checkKept`, `identify`, `replaces` and `importCheckpoint`; nothing is stored then
   */
  import(
    files: ReadonlyMap<string, Blob>,
    options: Pick<ImportOptions, 'dtype' | 'fourBit' | 'device' | 'signal' | 'onProgress'> & Partial<FromHub>,
  ): Promise<ImportedModel>;
  /** Store a repository as it is published. @throws as `keepFiles`; nothing is stored then */
  keep(
    files: ReadonlyMap<string, Blob>,
    options: Pick<KeepOptions, 'task' | 'signal' | 'onProgress'> & FromHub,
  ): Promise<ImportedModel>;
  /** @throws LabError 'bad-model' that names the file which is not as it was stored */
  verify(id: string, signal?: AbortSignal): Promise<void>;
  rename(id: string, title: string): Promise<void>;
  pin(id: string, pinned: boolean): Promise<void>;
  /**
   * To be called before it is loaded, which is noted as its last use. The first use in a session compares every file
   * with its hash, later ones with its size.
   * @throws LabError 'bad-model' if a file is not as it was stored; or the signal's reason
   */
  use(id: string, signal?: AbortSignal): Promise<void>;
  /** A zip file of its folder, uncompressed. */
  exported(id: string): Promise<Blob>;
  /** @throws LabError 'bad-input' for a pinned model, or one that an adapter stands on */
  remove(id: string): Promise<void>;
}

const mostTitleCharacters = 100;
/** Of an adapter that came without its folder. */
const adapterTitle = 'Imported adapter';

const lockName = (id: string) => `glovebox-model-${id}`;

/**
 * @param now the time of day
 * @param locks keep other tabs from clearing away what an import is writing
 */
export function createModelStore(now: () => Date, locks?: LockManager): ModelStore {
  /** Models whose files had their hashes in this session, by id and hash. */
  const verified = new Set<string>();
  /** Imports of this tab by id: their folders are incomplete, and not to be cleaned up. */
  const underway = new Map<string, Promise<unknown>>();
  let cleaned: Promise<void> | null = null;

  const ids = async (): Promise<readonly string[]> => {
    const all: string[] = [];
    for await (const name of (await storedModelsFolder()).keys()) all.push(name);
    return all.toSorted();
  };
  /** One import of a model at a time, in all tabs. */
  const alone = async <T>(
    id: string,
    signal: AbortSignal | undefined,
    work: () => Promise<T>,
  ): Promise<T> => {
    const before = underway.get(id);
    const turn = (async () => {
      await before?.catch(() => undefined);
      return locks ? locks.request(lockName(id), { ...(signal && { signal }) }, work) : work();
    })();
    underway.set(id, turn);
    try {
      return await turn;
    } finally {
      if (underway.get(id) === turn) underway.delete(id);
    }
  };
  /** Folders that an import left when its tab was closed or its worker ended. */
  const cleanUp = async (): Promise<void> => {
    const removeIncomplete = async (id: string) => {
      if (await isIncomplete(id)) await removeFolder(id);
    };
    for (const id of await ids()) {
      if (underway.has(id)) continue;
      if (!locks) await removeIncomplete(id);
      else
        await locks.request(lockName(id), { ifAvailable: true }, async (lock) => {
          if (lock) await removeIncomplete(id);
        });
    }
  };
  const verify = async (id: string, signal: AbortSignal | undefined): Promise<void> => {
    const manifest = await foundManifest(id);
    for (const { path, bytes, sha256: expected } of manifest.files) {
      const file = await storedFile(`${id}/${path}`);
      if (file?.size === bytes && (await hashBlob(file, { signal })) === expected) continue;
      verified.delete(keyOf(manifest));
      await changeState(id, { damaged: path });
      throw notAsStored(id, path);
    }
    verified.add(keyOf(manifest));
    await changeState(id, { damaged: null });
  };

  const compareSizes = async (id: string, { files }: ModelManifest): Promise<void> => {
    for (const { path, bytes } of files)
      if ((await storedFile(`${id}/${path}`))?.size !== bytes) throw notAsStored(id, path);
  };
  /** By what was found when it was last checked, and by sizes. */
  const isDamaged = async (id: string, manifest: ModelManifest): Promise<boolean> =>
    (await stateOf(id)).damaged !== null ||
    (await compareSizes(id, manifest).then(
      () => false,
      () => true,
    ));

  /** What is stored under an id, or is written there by `write`. What the user set for a model outlasts its files. */
  const storedOr = (
    brought: Pick<Identity, 'id' | 'restored' | 'weightsSha256'>,
    { signal, repository }: Pick<ImportOptions, 'signal' | 'repository'>,
    write: (folder: FolderWriter) => Promise<ModelManifest>,
  ): Promise<ImportedModel> =>
    alone(brought.id, signal, async () => {
      const { id } = brought;
      const stored = await manifestOf(id);
      const state = stored && { ...(await stateOf(id)), ...(repository !== undefined && { repository }) };
      const wasStored = stored !== null && !replaces(brought, stored) && !(await isDamaged(id, stored));
      if (stored && !wasStored) {
        verified.delete(keyOf(stored));
        await removeFolder(id);
      }
      const manifest = wasStored ? stored : await write(await createFolder(id));
      if (state && !wasStored) await changeState(id, { ...state, damaged: null });
      if (wasStored && repository !== undefined) await changeState(id, { repository });
      return { model: await describeStored(id, manifest), wasStored };
    });

  return {
    async list() {
      // A list is worth more than the room that is left over.
      await (cleaned ??= cleanUp().catch(() => undefined));
      const models: StoredModel[] = [];
      for (const id of await ids()) {
        const manifest = await manifestOf(id);
        if (manifest) models.push(await describeStored(id, manifest));
      }
      return models;
    },
    async import(files, options) {
      const origin = options.origin ?? originOf(files);
      const adapter = await openAdapter(files);
      if (adapter) {
        const base = await adapterBase(adapter, await this.list());
        const title = options.title ?? (adapter.name || adapterTitle);
        const bytes = [...adapter.files].map(([name, part]) => [name, new Blob([part])] as const);
        const sourceSha256 = await hashFiles(
          new Map(bytes.filter(([name]) => name !== 'README.md')),
          options,
        );
        const about = { id: importedId(title, sourceSha256), title, origin, sourceSha256, base };
        return storedOr(about, options, (folder) =>
          importAdapter(adapter, folder, { ...about, signal: options.signal, now }),
        );
      }
      const { checkpoint, kept } = await openBrought(files, options);
      if (kept) {
        await cleanUp();
        const { files: listed, known } = await checkKept(kept, options);
        return storedOr(known, { ...options, repository: known.repository }, (folder) =>
          keepFiles(listed, folder, { ...options, ...known, origin, now }),
        );
      }
      checkReadable(checkpoint);
      await cleanUp();
      const identity = await identify(files, checkpoint, options);
      return storedOr(identity, options, (folder) =>
        importCheckpoint(checkpoint, folder, {
          ...options,
          ...identity,
          ...(options.title !== undefined && { title: options.title }),
          origin,
          now,
        }),
      );
    },
    async keep(files, options) {
      await cleanUp();
      const sourceSha256 = await hashFiles(withoutOwnFiles(files), options);
      const id = importedId(options.title, sourceSha256);
      return storedOr({ id }, options, (folder) =>
        keepFiles(files, folder, { ...options, id, sourceSha256, now }),
      );
    },
    verify,
    async rename(id, title) {
      const plain = title.trim().slice(0, mostTitleCharacters);
      if (plain === '')
        throw new LabError('bad-input', 'A model needs a name.', { advice: 'Type at least one letter.' });
      await changeState(id, { title: plain });
    },
    pin: (id, pinned) => changeState(id, { pinned }),
    async use(id, signal) {
      const manifest = await foundManifest(id);
      const { damaged } = await stateOf(id);
      if (damaged !== null) throw notAsStored(id, damaged);
      if (verified.has(keyOf(manifest))) await compareSizes(id, manifest);
      else await verify(id, signal);
      await changeState(id, { lastUsedAt: now().toISOString() });
    },
    exported: exportModel,
    async remove(id) {
      if ((await stateOf(id)).pinned)
        throw new LabError('bad-input', `"${excerpt(id)}" is pinned.`, {
          advice: 'Unpin it, then delete it.',
        });
      const adapter = (await this.list()).find((model) => model.adapter?.base === id);
      if (adapter)
        throw new LabError('bad-input', `The adapter "${excerpt(adapter.title)}" stands on this model.`, {
          advice: 'Delete the adapter first.',
        });
      await removeFolder(id);
    },
  };
}

const keyOf = (manifest: ModelManifest) => `${manifest.id} ${modelHash(manifest)}`;

/** Names of what was brought: a folder, or its files. */
function originOf(files: ReadonlyMap<string, Blob>): string {
  const names = [...new Set([...files.keys()].map((path) => path.split('/')[0]!))];
  return excerpt(names.slice(0, 3).join(', ') + (names.length > 3 ? ` and ${names.length - 3} more` : ''));
}
