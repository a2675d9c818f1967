/** @file Files of imported models in the origin private file system: one folder per model, below `models/`. */
import { LabError } from '../core/errors.ts';

const folderName = 'models';
/** Where their addresses start, relative to the site's root. Nothing is there: they are read from storage. */
export const storedRoot = 'stored-models/';

type Folder = FileSystemDirectoryHandle & { keys(): AsyncIterable<string> };

/** @throws LabError 'storage-unavailable' where the browser has no such files, as in some private windows */
export async function storedModelsFolder(): Promise<Folder> {
  try {
    const root = await navigator.storage.getDirectory();
    return (await root.getDirectoryHandle(folderName, { create: true })) as Folder;
  } catch (cause) {
    throw new LabError('storage-unavailable', 'This browser gives the app no place for model files.', {
      advice: 'Leave private browsing, or allow this site to store data.',
      cause,
    });
  }
}

/** A file of a stored model, or `null`. @param path below the folder of all models, with slashes */
export async function storedFile(path: string): Promise<File | null> {
  const names = path.split('/');
  try {
    let folder: FileSystemDirectoryHandle = await storedModelsFolder();
    for (const name of names.slice(0, -1)) folder = await folder.getDirectoryHandle(name);
    return await (await folder.getFileHandle(names.at(-1)!)).getFile();
  } catch (error) {
    if (error instanceof DOMException && /NotFound|TypeMismatch/.test(error.name)) return null;
    throw error;
  }
}

/** A `fetch` whose addresses are those of stored models. */
export const fetchStored: typeof fetch = async (input) => {
  const { pathname } = new URL(String(input));
  const path = decodeURIComponent(pathname.slice(pathname.indexOf(storedRoot) + storedRoot.length));
  const file = await storedFile(path);
  return file
    ? new Response(file, { headers: { 'content-length': String(file.size) } })
    : new Response(null, { status: 404 });
};
