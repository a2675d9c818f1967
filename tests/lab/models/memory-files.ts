/** @file An origin private file system in memory, with room that can run out. Stubs `navigator.storage`. */
import { vi } from 'vitest';

type Node = Map<string, Node> | { bytes: Uint8Array<ArrayBuffer> };

const notFound = (name: string) => new DOMException(`${name} is not there.`, 'NotFoundError');

export interface MemoryFiles {
  /** Paths and sizes of all files. */
  files(): ReadonlyMap<string, number>;
  /** Change one byte of a file. */
  flip(path: string, at: number): void;
  /** Bytes that all files together may take. */
  room: number;
}

export function stubFiles(): MemoryFiles {
  const root: Map<string, Node> = new Map();
  const state = { room: Infinity };
  const all = (folder: Map<string, Node>, prefix = ''): [string, Uint8Array<ArrayBuffer>][] =>
    [...folder].flatMap(([name, node]) =>
      node instanceof Map
        ? all(node, `${prefix}${name}/`)
        : [[prefix + name, node.bytes] as const].map(([p, b]) => [p, b] as [string, Uint8Array<ArrayBuffer>]),
    );
  const used = () => all(root).reduce((sum, [, { byteLength }]) => sum + byteLength, 0);

  const fileHandle = (file: { bytes: Uint8Array<ArrayBuffer> }) => ({
    getFile: async () => new File([file.bytes], 'file'),
    createSyncAccessHandle: async () => ({
      truncate: (size: number) => void (file.bytes = file.bytes.slice(0, size)),
      write(bytes: Uint8Array, { at }: { at: number }) {
        const size = Math.max(file.bytes.byteLength, at + bytes.byteLength);
        if (used() - file.bytes.byteLength + size > state.room)
          throw new DOMException('No space available for this operation', 'QuotaExceededError');
        const grown = new Uint8Array(size);
        grown.set(file.bytes);
        grown.set(bytes, at);
        file.bytes = grown;
        return bytes.byteLength;
      },
      flush: () => undefined,
      close: () => undefined,
    }),
  });
  const folderHandle = (folder: Map<string, Node>): unknown => ({
    keys: async function* () {
      yield* [...folder.keys()];
    },
    async getDirectoryHandle(name: string, { create = false } = {}) {
      if (!folder.has(name) && create) folder.set(name, new Map());
      const node = folder.get(name);
      if (!(node instanceof Map)) throw notFound(name);
      return folderHandle(node);
    },
    async getFileHandle(name: string, { create = false } = {}) {
      if (!folder.has(name) && create) folder.set(name, { bytes: new Uint8Array() });
      const node = folder.get(name);
      if (!node || node instanceof Map) throw notFound(name);
      return fileHandle(node);
    },
    async removeEntry(name: string) {
      if (!folder.delete(name)) throw notFound(name);
    },
  });
  vi.stubGlobal('navigator', { storage: { getDirectory: async () => folderHandle(root) } });
  return {
    files: () => new Map(all(root).map(([path, bytes]) => [path, bytes.byteLength])),
    flip(path, at) {
      const [, bytes] = all(root).find(([name]) => name === path)!;
      bytes[at]! ^= 1;
    },
    get room() {
      return state.room;
    },
    set room(room) {
      state.room = room;
    },
  };
}
