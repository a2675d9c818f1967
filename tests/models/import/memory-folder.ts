/** @file A folder in memory that an import is written to, with a disk that may be full. */
import { LabError } from '../../../src/core/errors.ts';
import type { FolderWriter } from '../../../src/models/import/folder-writer.ts';
import type { Files } from '../tiny-model.ts';

export interface MemoryFolder extends FolderWriter {
  readonly files: Map<string, Uint8Array<ArrayBuffer>>;
  readonly state: 'open' | 'committed' | 'discarded';
  /** Bytes of the largest part that was appended. */
  readonly largestPart: number;
}

export function memoryFolder(room = Infinity): MemoryFolder {
  const parts = new Map<string, Uint8Array<ArrayBuffer>[]>();
  const files: Files & Map<string, Uint8Array<ArrayBuffer>> = new Map();
  let state: MemoryFolder['state'] = 'open';
  let largestPart = 0;
  let used = 0;
  return {
    files,
    get state() {
      return state;
    },
    get largestPart() {
      return largestPart;
    },
    async create(path) {
      const own: Uint8Array<ArrayBuffer>[] = [];
      parts.set(path, own);
      return {
        async append(bytes) {
          used += bytes.byteLength;
          if (used > room)
            throw new LabError('disk-full', 'The disk is full.', { advice: 'Free space on this disk.' });
          largestPart = Math.max(largestPart, bytes.byteLength);
          own.push(bytes.slice());
        },
        close: async () => void files.set(path, new Uint8Array(await new Blob(own).arrayBuffer())),
      };
    },
    commit: async () => void (state = 'committed'),
    async discard() {
      files.clear();
      state = 'discarded';
    },
  };
}
