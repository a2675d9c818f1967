/** The origin private file system of a browser, in memory, on a disk that can be filled. */

class FakeFile {
  readonly kind = 'file';
  bytes = new Uint8Array(0);
  readonly #disk: FakeDisk;

  constructor(disk: FakeDisk) {
    this.#disk = disk;
  }
  async getFile() {
    return new Blob([this.bytes]);
  }
  async createSyncAccessHandle() {
    let spare = 3;
    return {
      getSize: () => this.bytes.length,
      read: (into: Uint8Array, { at }: { at: number }) => {
        const part = this.bytes.slice(at, at + into.length);
        into.set(part);
        return part.length;
      },
      write: (added: Uint8Array, { at }: { at: number }) => {
        const room = this.#disk.full ? spare : added.length;
        if (this.#disk.full) spare = 0;
        const grown = new Uint8Array(at + Math.min(room, added.length));
        grown.set(this.bytes.slice(0, at));
        grown.set(added.slice(0, room), at);
        this.bytes = grown;
        return Math.min(room, added.length);
      },
      truncate: (size: number) => void (this.bytes = this.bytes.slice(0, size)),
      flush: () => {},
      close: () => {},
    };
  }
}

class FakeFolder {
  readonly kind = 'directory';
  readonly entries = new Map<string, FakeFile | FakeFolder>();
  /** Cleared with the data of its site: it stays unusable. */
  gone = false;
  readonly #disk: FakeDisk;

  constructor(disk: FakeDisk) {
    this.#disk = disk;
  }
  #entry(name: string, create: boolean | undefined, made: () => FakeFile | FakeFolder) {
    if (this.gone) throw new DOMException('A folder was not found.', 'NotFoundError');
    const entry = this.entries.get(name) ?? (create ? made() : undefined);
    if (!entry) throw new DOMException('A file was not found.', 'NotFoundError');
    this.entries.set(name, entry);
    return entry;
  }
  async getFileHandle(name: string, { create }: { create?: boolean } = {}) {
    return this.#entry(name, create, () => new FakeFile(this.#disk));
  }
  async getDirectoryHandle(name: string, { create }: { create?: boolean } = {}) {
    return this.#entry(name, create, () => new FakeFolder(this.#disk));
  }
  async removeEntry(name: string) {
    if (!this.entries.delete(name)) throw new DOMException('A file was not found.', 'NotFoundError');
  }
  async *keys() {
    yield* this.entries.keys();
  }
}

export class FakeDisk {
  /** Writes stop after three bytes. */
  full = false;
  #root = new FakeFolder(this);
  readonly storage = { getDirectory: async () => this.#root } as unknown as StorageManager;

  clear(): void {
    for (const entry of this.#root.entries.values()) if (entry instanceof FakeFolder) entry.gone = true;
    this.#root = new FakeFolder(this);
  }
  /** The file that holds the copy of a run. */
  copyOf(runId: string): { bytes: Uint8Array<ArrayBuffer> } {
    const runs = this.#root.entries.get('runs') as FakeFolder;
    return runs.entries.get(`${runId}.frames`) as FakeFile;
  }
}
