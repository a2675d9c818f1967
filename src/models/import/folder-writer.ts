/** @file Where an imported model is written: a folder that comes into being whole, or not at all. */

export interface FileWriter {
  append(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Call it once, also after a failure. */
  close(): Promise<void>;
}

/** Each method throws LabError 'disk-full', 'quota-exceeded' or 'storage-failed' where there is no room. */
export interface FolderWriter {
  /**
   * Begin a file; one is open at a time. A path that was written before begins anew.
   * @param path with slashes; folders in it are made
   */
  create(path: string): Promise<FileWriter>;
  /** What was written becomes the folder of a model. */
  commit(): Promise<void>;
  /** Nothing of it remains. */
  discard(): Promise<void>;
}

/** Commit what `write` wrote, or discard it when that fails or `signal` is aborted. */
export async function committed<T>(
  target: FolderWriter,
  signal: AbortSignal | undefined,
  write: () => Promise<T>,
): Promise<T> {
  try {
    const written = await write();
    signal?.throwIfAborted();
    await target.commit();
    return written;
  } catch (error) {
    await target.discard();
    throw error;
  }
}
