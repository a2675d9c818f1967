/** @file The models that were imported into this browser: list, import, verify, rename, pin, export, remove. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { z } from 'zod';
import { LabError } from '../../core/errors.ts';
import { excerpt } from '../../core/excerpt.ts';
import { importCheckpoint, type ImportOptions } from '../../models/import/import-checkpoint.ts';
import {
  manifestBytes,
  manifestFile,
  modelHash,
  parseManifest,
  type ModelManifest,
} from '../../models/import/manifest.ts';
import { openCheckpoint } from '../../models/import/open-checkpoint.ts';
import { storedFile, storedModelsFolder } from '../../models/stored-files.ts';
import type { StoredModel } from '../records/stored-model.ts';
import { createFolder, removeFolder, writeFile } from './folder-writer.ts';
import { freeId } from './model-id.ts';

export interface ModelStore {
  list(): Promise<readonly StoredModel[]>;
  /** @throws as `openCheckpoint` and `importCheckpoint`; nothing is stored then */
  import(
    files: ReadonlyMap<string, Blob>,
    options: Pick<ImportOptions, 'dtype' | 'signal' | 'onProgress'>,
  ): Promise<StoredModel>;
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
  /** @throws LabError 'bad-input' for a pinned model */
  remove(id: string): Promise<void>;
}

/** What changes after the import, beside the manifest, which does not. */
const stateFile = 'state.json';
const stateSchema = z.object({
  title: z.string().min(1).max(300).optional(),
  pinned: z.boolean().default(false),
  lastUsedAt: z.iso.datetime().nullable().default(null),
  /** A file that was not as it was stored. */
  damaged: z.string().nullable().default(null),
});
type State = z.infer<typeof stateSchema>;

const mostTitleCharacters = 100;

const lockName = (id: string) => `glovebox-model-${id}`;

/**
 * @param now the time of day
 * @param locks keep other tabs from clearing away what an import is writing
 */
export function createModelStore(now: () => Date, locks?: LockManager): ModelStore {
  /** Models whose files had their hashes in this session, by id and hash. */
  const verified = new Set<string>();
  /** Folders that an import is writing: they are incomplete, and not to be cleaned up. */
  const underway = new Set<string>();

  const readJson = async (path: string): Promise<unknown> => {
    const file = await storedFile(path);
    return file && (JSON.parse(await file.text()) as unknown);
  };
  const stateOf = async (id: string): Promise<State> => {
    const parsed = stateSchema.safeParse(await readJson(`${id}/${stateFile}`).catch(() => null));
    return parsed.data ?? stateSchema.parse({});
  };
  /** `null` for a folder without a usable manifest. */
  const manifestOf = async (id: string): Promise<ModelManifest | null> => {
    try {
      return parseManifest(await readJson(`${id}/${manifestFile}`));
    } catch {
      return null;
    }
  };
  const found = async (id: string): Promise<ModelManifest> => {
    const manifest = await manifestOf(id);
    if (manifest) return manifest;
    throw new LabError('unknown-model', `No model "${excerpt(id)}" is stored in this browser.`, {
      advice: 'Import it again.',
    });
  };
  const change = async (id: string, changes: Partial<State>): Promise<void> => {
    await found(id);
    const state = { ...(await stateOf(id)), ...changes };
    await writeFile(`${id}/${stateFile}`, new TextEncoder().encode(JSON.stringify(state)));
  };
  const described = async (id: string, manifest: ModelManifest): Promise<StoredModel> => {
    const { title, pinned, lastUsedAt } = await stateOf(id);
    const { origin, license, task, labels, architecture, parameters, importedAt, weights } = manifest;
    return {
      id,
      title: title ?? manifest.title,
      origin,
      license,
      task,
      ...(labels && { labels }),
      architecture,
      parameters,
      importedAt,
      dtype: weights.dtype,
      bytes: manifestBytes(manifest),
      sha256: modelHash(manifest),
      lastUsedAt,
      pinned,
    };
  };
  const ids = async (): Promise<readonly string[]> => {
    const all: string[] = [];
    for await (const name of (await storedModelsFolder()).keys()) all.push(name);
    return all.toSorted();
  };
  /** Folders that an import left when its worker was ended. */
  const cleanUp = async (): Promise<void> => {
    const removeIncomplete = async (id: string) => {
      if (!(await storedFile(`${id}/${manifestFile}`))) await removeFolder(id);
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
    const manifest = await found(id);
    for (const { path, bytes, sha256: expected } of manifest.files) {
      const file = await storedFile(`${id}/${path}`);
      if (file?.size === bytes && (await hashOf(file, signal)) === expected) continue;
      verified.delete(keyOf(manifest));
      await change(id, { damaged: path });
      throw notAsStored(id, path);
    }
    verified.add(keyOf(manifest));
    await change(id, { damaged: null });
  };

  const compareSizes = async (id: string, { files }: ModelManifest): Promise<void> => {
    for (const { path, bytes } of files)
      if ((await storedFile(`${id}/${path}`))?.size !== bytes) throw notAsStored(id, path);
  };

  return {
    async list() {
      const models: StoredModel[] = [];
      for (const id of await ids()) {
        const manifest = await manifestOf(id);
        if (manifest) models.push(await described(id, manifest));
      }
      return models;
    },
    async import(files, options) {
      const checkpoint = await openCheckpoint(files, options);
      await cleanUp();
      const title = titleOf(checkpoint.title);
      const id = freeId(title, [...(await ids()), ...underway]);
      underway.add(id);
      const origin = originOf(files);
      const write = async () =>
        importCheckpoint(checkpoint, await createFolder(id), { ...options, id, title, origin, now });
      try {
        const manifest = await (locks ? locks.request(lockName(id), write) : write());
        return await described(id, manifest);
      } finally {
        underway.delete(id);
      }
    },
    verify,
    async rename(id, title) {
      const plain = title.trim().slice(0, mostTitleCharacters);
      if (plain === '')
        throw new LabError('bad-input', 'A model needs a name.', { advice: 'Type at least one letter.' });
      await change(id, { title: plain });
    },
    pin: (id, pinned) => change(id, { pinned }),
    async use(id, signal) {
      const manifest = await found(id);
      const { damaged } = await stateOf(id);
      if (damaged !== null) throw notAsStored(id, damaged);
      if (verified.has(keyOf(manifest))) await compareSizes(id, manifest);
      else await verify(id, signal);
      await change(id, { lastUsedAt: now().toISOString() });
    },
    async exported(id) {
      const { files } = await found(id);
      const { BlobReader, BlobWriter, ZipWriter } = await import('@zip.js/zip.js/lib/zip-core-native.js');
      const writer = new ZipWriter(new BlobWriter('application/zip'), { level: 0, useWebWorkers: false });
      for (const path of [manifestFile, ...files.map((file) => file.path)]) {
        const file = await storedFile(`${id}/${path}`);
        if (file) await writer.add(path, new BlobReader(file));
      }
      return writer.close();
    },
    async remove(id) {
      if ((await stateOf(id)).pinned)
        throw new LabError('bad-input', `"${excerpt(id)}" is pinned.`, {
          advice: 'Unpin it, then delete it.',
        });
      await removeFolder(id);
    },
  };
}

const keyOf = (manifest: ModelManifest) => `${manifest.id} ${modelHash(manifest)}`;

const notAsStored = (id: string, path: string) =>
  new LabError('bad-model', `${path} of "${excerpt(id)}" is not as it was stored, and is not used.`, {
    advice: 'Delete this model and import it again.',
  });

/** Files that came without their folder are called by one of their names. */
const titleOf = (title: string): string =>
  /\.(json|safetensors|jinja)$/i.test(title) ? 'Imported model' : title;

/** Names of what was brought: a folder, or its files. */
function originOf(files: ReadonlyMap<string, Blob>): string {
  const names = [...new Set([...files.keys()].map((path) => path.split('/')[0]!))];
  return excerpt(names.slice(0, 3).join(', ') + (names.length > 3 ? ` and ${names.length - 3} more` : ''));
}

async function hashOf(file: Blob, signal: AbortSignal | undefined): Promise<string> {
  const hash = sha256.create();
  const reader = file.stream().getReader();
  for (;;) {
    signal?.throwIfAborted();
    const { done, value } = await reader.read();
    if (done) return bytesToHex(hash.digest());
    hash.update(value);
  }
}
