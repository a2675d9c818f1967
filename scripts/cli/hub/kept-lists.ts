/** @file The lists of files that were agreed to, on disk beside the parts of downloads: one file for each folder of a hub. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HubStore } from '../../../src/lab/seal/ledger.ts';
import type { AgreedList } from '../../../src/lab/seal/messages.ts';
import { explained } from './disk-parts.ts';

export type AgreedLists = Pick<HubStore, 'model' | 'setModel' | 'models' | 'removeModel'>;

const ending = '.list.json';

/** @param place folder of all downloads; made when it is needed */
export function keptLists(place: string): AgreedLists {
  const pathOf = (folder: string) => join(place, `${encodeURIComponent(folder)}${ending}`);
  /** `null` for a file that is none, or is damaged: what it named is then fetched anew. */
  const read = async (path: string): Promise<AgreedList | null> => {
    try {
      return JSON.parse(await readFile(path, 'utf8')) as AgreedList;
    } catch {
      return null;
    }
  };
  return {
    model: (folder) => read(pathOf(folder)),
    async setModel(list) {
      const path = pathOf(list.folder);
      try {
        await mkdir(place, { recursive: true });
        // In place at once, so that a program that is killed leaves no half of a list.
        await writeFile(`${path}.${process.pid}`, JSON.stringify(list));
        await rename(`${path}.${process.pid}`, path);
      } catch (error) {
        await rm(`${path}.${process.pid}`, { force: true });
        throw explained(path, error as NodeJS.ErrnoException);
      }
    },
    async models() {
      const names = existsSync(place) ? await readdir(place) : [];
      const lists = await Promise.all(
        names.filter((name) => name.endsWith(ending)).map((name) => read(join(place, name))),
      );
      return lists.filter((list) => list !== null);
    },
    removeModel: (folder) => rm(pathOf(folder), { force: true }),
  };
}
