/** @file Where a training keeps its files: a folder of the browser, or one that the command line writes. */

export type Bytes = Uint8Array<ArrayBuffer>;

export interface KeptFolder {
  /** Paths of all files. */
  list(): Promise<readonly string[]>;
  read(path: string): Promise<Bytes | null>;
  /** Whole, or not at all. @throws LabError of the storage */
  write(path: string, bytes: Bytes): Promise<void>;
  remove(path: string): Promise<void>;
}

/** Folders by the ids of trainings. */
export interface TrainingFolders {
  ids(): Promise<readonly string[]>;
  folder(id: string): KeptFolder;
  remove(id: string): Promise<void>;
}

/** As long as the page lasts. */
export function memoryFolders(): TrainingFolders {
  const all = new Map<string, KeptFolder>();
  return {
    ids: async () => [...all.keys()],
    folder(id) {
      const known = all.get(id) ?? memoryFolder();
      all.set(id, known);
      return known;
    },
    remove: async (id) => void all.delete(id),
  };
}

/** Files as long as the page lasts: for tests, and where nothing can be stored. */
export function memoryFolder(files = new Map<string, Bytes>()): KeptFolder {
  return {
    list: async () => [...files.keys()],
    read: async (path) => files.get(path) ?? null,
    write: async (path, bytes) => void files.set(path, bytes.slice()),
    remove: async (path) => void files.delete(path),
  };
}
