/** @file Writes the folder of an imported model into the origin private file system. Only workers can. */
import type { FileWriter, FolderWriter } from '../../models/import/folder-writer.ts';
import { storedModelsFolder } from '../../models/stored-files.ts';
import { openFile, writeWhole } from '../storage/opfs-file.ts';
import { explained } from '../storage/storage-errors.ts';

/** @param name of the folder; its manifest is written last, so that a folder without one is known to be incomplete */
export async function createFolder(name: string): Promise<FolderWriter> {
  const parent = await storedModelsFolder();
  const folder = await parent.getDirectoryHandle(name, { create: true });
  return {
    create: async (path) => openForWriting(folder, path),
    commit: async () => undefined,
    discard: () => removeFolder(name),
  };
}

/** A folder that is not there is ignored. */
export async function removeFolder(name: string): Promise<void> {
  try {
    await (await storedModelsFolder()).removeEntry(name, { recursive: true });
  } catch (error) {
    if (!(error instanceof DOMException && error.name === 'NotFoundError')) throw explained(error);
  }
}

async function openForWriting(root: FileSystemDirectoryHandle, path: string): Promise<FileWriter> {
  const file = await openFile(await madeFile(root, path));
  file.truncate(0);
  let at = 0;
  return {
    async append(bytes) {
      writeWhole(file, bytes, at);
      at += bytes.byteLength;
    },
    async close() {
      file.flush();
      file.close();
    },
  };
}

async function madeFile(root: FileSystemDirectoryHandle, path: string): Promise<FileSystemFileHandle> {
  const names = path.split('/');
  try {
    let folder = root;
    for (const name of names.slice(0, -1)) folder = await folder.getDirectoryHandle(name, { create: true });
    return await folder.getFileHandle(names.at(-1)!, { create: true });
  } catch (error) {
    throw explained(error);
  }
}

/** Replace one small file. @param path below the folder of all models */
export async function writeFile(path: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const file = await openForWriting(await storedModelsFolder(), path);
  try {
    await file.append(bytes);
  } finally {
    await file.close();
  }
}
