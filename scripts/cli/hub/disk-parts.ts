/** @file Parts of downloads on disk, one file each, in a folder named by the hash of the whole file. */
import { existsSync, openAsBlob } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LabError } from '../../../src/core/errors.ts';
import { excerpt } from '../../../src/core/excerpt.ts';
import type { HubFile } from '../../../src/models/hub/addresses.ts';
import { joinParts, partCount, partSpan, type HubParts } from '../../../src/models/hub/parts.ts';

/** @param place folder of all downloads; made when it is needed */
export function diskParts(place: string): HubParts {
  const folderOf = ({ hash }: HubFile) => join(place, hash.hex);
  const pathOf = (file: HubFile, index: number) => join(folderOf(file), String(index));

  const get: HubParts['get'] = async (file, index) => {
    const path = pathOf(file, index);
    const { first, end } = partSpan(file, index);
    if (!existsSync(path) || (await stat(path)).size !== end - first) return null;
    return openAsBlob(path);
  };
  return {
    get,
    async put(file, index, content) {
      const path = pathOf(file, index);
      try {
        await mkdir(folderOf(file), { recursive: true });
        // In place at once, so that a program that is killed leaves no half of a part under its name.
        await writeFile(`${path}.${process.pid}`, content);
        await rename(`${path}.${process.pid}`, path);
      } catch (error) {
        await rm(`${path}.${process.pid}`, { force: true });
        throw explained(path, error as NodeJS.ErrnoException);
      }
    },
    drop: (file) => rm(folderOf(file), { recursive: true, force: true }),
    whole: (file) => joinParts(file, get),
    async arrived(file) {
      const names = existsSync(folderOf(file)) ? await readdir(folderOf(file)) : [];
      let bytes = 0;
      for (let index = 0; index < partCount(file); index++) {
        const { first, end } = partSpan(file, index);
        if (names.includes(String(index))) bytes += end - first;
      }
      return bytes;
    },
  };
}

/** What a failed write means. */
export function explained(path: string, cause: NodeJS.ErrnoException): LabError {
  const isFull = cause.code === 'ENOSPC' || cause.code === 'EDQUOT';
  return new LabError(
    isFull ? 'disk-full' : 'storage-failed',
    isFull
      ? 'There is no room left on the disk.'
      : `${excerpt(path)} cannot be written: ${excerpt(cause.message, 300)}.`,
    { advice: 'Make room or set GLOVEBOX_MODELS to another folder, then try again.', cause },
  );
}
