/** @file Files that a user dropped or picked, by their paths; folders are read through. */

/** A drop may hold a whole disk by mistake; models have some dozens of files. */
const mostFiles = 2000;

/** Names of a folder picker start with the folder's own name, as those of a dropped folder do. */
export const pickedFiles = (files: Iterable<File>): ReadonlyMap<string, File> =>
  new Map(Array.from(files, (file) => [file.webkitRelativePath || file.name, file]));

/** To be called while the drop is handled: the browser empties the list after it. */
export async function droppedFiles({ items, files }: DataTransfer): Promise<ReadonlyMap<string, File>> {
  const entries = Array.from(items, (item) => item.webkitGetAsEntry?.() ?? null);
  if (!entries.some((entry) => entry?.isDirectory)) return pickedFiles(files);
  const found = new Map<string, File>();
  for (const entry of entries) if (entry) await collect(entry, found);
  return found;
}

async function collect(entry: FileSystemEntry, into: Map<string, File>): Promise<void> {
  if (into.size >= mostFiles) return;
  const path = entry.fullPath.replace(/^\/+/, '');
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    into.set(path, file);
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (batch.length === 0) return;
    for (const child of batch) await collect(child, into);
  }
}
