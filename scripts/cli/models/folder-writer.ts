/** @file Writes an imported model into a folder on disk, beside its place until it is whole. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LabError } from '../../../src/core/errors.ts';
import { excerpt } from '../../../src/core/excerpt.ts';
import type { FolderWriter } from '../../../src/models/import/folder-writer.ts';
import { host, isRunning } from '../temporary-folder.ts';

/** Other computers may share the place, and only this one knows which of its processes run. */
const partName = /\.([0-9a-f]+)-(\d+)\.part$/;

/** Remove what imports of this computer left whose process was killed. */
function removeAbandoned(place: string): void {
  for (const name of existsSync(place) ? readdirSync(place) : []) {
    const [, owner, pid] = partName.exec(name) ?? [];
    if (owner === host && Number(pid) !== process.pid && !isRunning(Number(pid)))
      rmSync(join(place, name), { recursive: true, force: true });
  }
}

/** @param folder where the model will be; another process may put the same one there meanwhile */
export function folderWriter(folder: string): FolderWriter {
  removeAbandoned(dirname(folder));
  const part = `${folder}.${host}-${process.pid}.part`;
  rmSync(part, { recursive: true, force: true });
  return {
    async create(path) {
      const file = await written(path, async () => {
        mkdirSync(dirname(join(part, path)), { recursive: true });
        return open(join(part, path), 'w');
      });
      return {
        append: (bytes) => written(path, () => file.appendFile(bytes)),
        close: () => written(path, () => file.close()),
      };
    },
    commit: () =>
      written(folder, async () => {
        if (existsSync(folder)) rmSync(part, { recursive: true });
        else renameSync(part, folder);
      }),
    discard: async () => rmSync(part, { recursive: true, force: true }),
  };
}

/** @throws LabError for whatever the system throws */
async function written<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const { code = 'unknown', message } = cause as NodeJS.ErrnoException;
    const isFull = code === 'ENOSPC' || code === 'EDQUOT';
    throw new LabError(
      isFull ? 'disk-full' : 'storage-failed',
      isFull
        ? `There is no room on the disk for ${excerpt(path)}.`
        : `${excerpt(path)} cannot be written: ${excerpt(message, 300)} (${code}).`,
      {
        advice:
          'Nothing of the model was kept. Make room or set GLOVEBOX_MODELS to another folder, then try again.',
        cause,
      },
    );
  }
}
