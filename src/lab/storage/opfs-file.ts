/** @file Writes files of the origin private file system: bytes are stored whole, or an error says why not. Only workers can. */
import { explained, storageError } from './storage-errors.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** The part of a `FileSystemSyncAccessHandle` that is used. */
export interface OpenFile {
  getSize(): number;
  read(into: Bytes, options: { readonly at: number }): number;
  write(bytes: Bytes, options: { readonly at: number }): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}
type SyncHandle = FileSystemFileHandle & { createSyncAccessHandle(): Promise<OpenFile> };

/** False where a browser has the files but no way to write them from a worker. */
export const canBeWritten = (handle: FileSystemFileHandle): boolean => 'createSyncAccessHandle' in handle;

/** The worker of a page that was just reloaded, or another tab, may still hold the file for a moment. */
export async function openFile(handle: FileSystemFileHandle): Promise<OpenFile> {
  for (let tries = 20; ; tries--)
    try {
      return await (handle as SyncHandle).createSyncAccessHandle();
    } catch (error) {
      if ((error as Error).name !== 'NoModificationAllowedError' || tries === 0) throw explained(error);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
}

/**
 * Write all bytes at a place, or none: what follows the place is cut off when it fails. On a full disk a browser writes a
 * part, then none, or throws.
 * @param at default: the end of the file
 * @throws LabError 'disk-full', 'quota-exceeded' or 'storage-failed'
 */
export function writeWhole(file: OpenFile, bytes: Bytes, at = file.getSize()): void {
  let done = 0;
  try {
    while (done < bytes.byteLength) {
      const written = file.write(bytes.subarray(done), { at: at + done });
      if (written === 0) throw storageError('disk-full');
      done += written;
    }
  } catch (error) {
    throw explained(error);
  } finally {
    if (done < bytes.byteLength) file.truncate(at);
  }
}

/** @throws LabError of the storage, or what `work` throws */
export async function withFile<T>(
  handle: FileSystemFileHandle | Promise<FileSystemFileHandle>,
  work: (file: OpenFile) => T,
): Promise<T> {
  try {
    const file = await openFile(await handle);
    try {
      return work(file);
    } finally {
      file.close();
    }
  } catch (error) {
    throw explained(error);
  }
}
