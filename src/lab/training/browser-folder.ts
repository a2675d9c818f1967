/** @file Folders of trainings in the origin private file system. Only workers can write there. */
import { openFile, writeWhole } from '../storage/opfs-file.ts';
import { explained } from '../storage/storage-errors.ts';
import type { Bytes, KeptFolder, TrainingFolders } from './kept-folder.ts';

type Folder = FileSystemDirectoryHandle & { keys(): AsyncIterable<string> };

const isMissing = (error: unknown) => error instanceof DOMException && error.name === 'NotFoundError';

/** Looked up at each use: a handle is dead once the data of its site was cleared. */
async function root(): Promise<Folder> {
  try {
    const top = await navigator.storage.getDirectory();
    return (await top.getDirectoryHandle('trainings', { create: true })) as Folder;
  } catch (error) {
    throw explained(error);
  }
}

async function keptTrainings(): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const id of (await root()).keys()) ids.push(id);
  return ids.toSorted();
}

async function removeTraining(id: string): Promise<void> {
  try {
    await (await root()).removeEntry(id, { recursive: true });
  } catch (error) {
    if (!isMissing(error)) throw explained(error);
  }
}

/** @param id of the training; its files lie flat: a slash in a path stands for itself */
function browserFolder(id: string): KeptFolder {
  const folder = async () => (await (await root()).getDirectoryHandle(id, { create: true })) as Folder;
  const nameOf = (path: string) => encodeURIComponent(path);
  return {
    async list() {
      const paths: string[] = [];
      for await (const name of (await folder()).keys()) paths.push(decodeURIComponent(name));
      return paths;
    },
    async read(path) {
      try {
        const handle = await (await folder()).getFileHandle(nameOf(path));
        return new Uint8Array(await (await handle.getFile()).arrayBuffer());
      } catch (error) {
        if (isMissing(error)) return null;
        throw explained(error);
      }
    },
    async write(path: string, bytes: Bytes) {
      try {
        const handle = await (await folder()).getFileHandle(nameOf(path), { create: true });
        if ('createWritable' in handle) {
          // In place when it is closed, and not before.
          const writable = await handle.createWritable();
          await writable.write(bytes);
          await writable.close();
          return;
        }
        const file = await openFile(handle);
        try {
          file.truncate(0);
          writeWhole(file, bytes, 0);
          file.flush();
        } finally {
          file.close();
        }
      } catch (error) {
        throw explained(error);
      }
    },
    async remove(path) {
      try {
        await (await folder()).removeEntry(nameOf(path));
      } catch (error) {
        if (!isMissing(error)) throw explained(error);
      }
    },
  };
}

export const browserFolders: TrainingFolders = {
  ids: keptTrainings,
  folder: browserFolder,
  remove: removeTraining,
};
