/**
 * @file A second copy of every run, in files of the origin private file system. Chromium deletes all databases of a site
 * when the disk runs full; files stay. A copy that is written first also tells that there is room for the database.
 */
import { canBeWritten, withFile, writeWhole, type OpenFile } from '../storage/opfs-file.ts';
import { explained } from '../storage/storage-errors.ts';
import { unpack, type Frame } from './frames.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** Methods that write throw LabError 'disk-full' or 'quota-exceeded' where there is no room. */
export interface RunCopies {
  /** Add a frame, all of it or nothing. */
  append(runId: string, frame: Bytes): Promise<void>;
  /** Fails when so little room is left that a database would be in danger. */
  checkRoom(): Promise<void>;
  runs(): Promise<readonly string[]>;
  /** In the order written, up to the first that is damaged. */
  frames(runId: string): AsyncGenerator<Frame>;
  /** An unknown id is ignored. */
  remove(runId: string): Promise<void>;
  /** Id of the database whose runs these are, or `null`. */
  owner(): Promise<string | null>;
  setOwner(id: string): Promise<void>;
}

type Folder = FileSystemDirectoryHandle & { keys(): AsyncIterable<string> };

/** Each frame follows its length in bytes. */
const headerBytes = 4;
/** Room that is left to databases for their own housekeeping. */
const spareBytes = 16 * 2 ** 20;
const roomCheckedEveryMs = 5000;
const ending = '.frames';

/** @returns `null` where the browser has no such files, as in some private windows */
export async function openRunCopies(storage: StorageManager | undefined): Promise<RunCopies | null> {
  if (!storage?.getDirectory) return null;
  try {
    const folder = await folderIn(storage);
    const room = await folder.getFileHandle('room', { create: true });
    return canBeWritten(room) ? runCopiesIn(storage) : null;
  } catch (error) {
    if (error instanceof DOMException) return null;
    throw error;
  }
}

/** Looked up at each use: a handle is dead once the data of its site was cleared. */
async function folderIn(storage: StorageManager): Promise<Folder> {
  const root = await storage.getDirectory();
  return (await root.getDirectoryHandle('runs', { create: true })) as Folder;
}

function runCopiesIn(storage: StorageManager): RunCopies {
  /** Files that end with a whole frame: a worker that was killed may have left half of one. */
  const whole = new Set<string>();
  let roomCheckedAt = -Infinity;
  const fileNamed = async (name: string, options: FileSystemGetFileOptions = {}) =>
    (await folderIn(storage)).getFileHandle(name, options);
  const fileOf = (runId: string, options?: FileSystemGetFileOptions) =>
    fileNamed(encodeURIComponent(runId) + ending, options);

  return {
    async append(runId, frame) {
      const bytes = new Uint8Array(headerBytes + frame.length);
      new DataView(bytes.buffer).setUint32(0, frame.length);
      bytes.set(frame, headerBytes);
      await withFile(fileOf(runId, { create: true }), (file) => {
        if (!whole.has(runId)) file.truncate(endOfFrames(file));
        whole.add(runId);
        writeWhole(file, bytes);
      });
    },
    async checkRoom() {
      const now = performance.now();
      if (now < roomCheckedAt + roomCheckedEveryMs) return;
      await withFile(fileNamed('room', { create: true }), (file) => {
        try {
          writeWhole(file, new Uint8Array(spareBytes));
        } finally {
          file.truncate(0);
        }
      });
      roomCheckedAt = now;
    },
    async runs() {
      const names: string[] = [];
      for await (const name of (await folderIn(storage)).keys()) if (name.endsWith(ending)) names.push(name);
      return names.map((name) => decodeURIComponent(name.slice(0, -ending.length)));
    },
    async *frames(runId) {
      const file = await (await fileOf(runId)).getFile();
      const read = async (start: number, length: number) =>
        new Uint8Array(await file.slice(start, start + length).arrayBuffer());
      for (let at = 0; at + headerBytes <= file.size;) {
        const length = new DataView((await read(at, headerBytes)).buffer).getUint32(0);
        const frame = await unpack(await read(at + headerBytes, length));
        if (!frame) return;
        yield frame;
        at += headerBytes + length;
      }
    },
    async remove(runId) {
      whole.delete(runId);
      try {
        await (await folderIn(storage)).removeEntry(encodeURIComponent(runId) + ending);
      } catch (error) {
        if ((error as Error).name !== 'NotFoundError') throw explained(error);
      }
    },
    async owner() {
      const file = await (await fileNamed('owner', { create: true })).getFile();
      return (await file.text()) || null;
    },
    setOwner: async (id) =>
      withFile(fileNamed('owner', { create: true }), (file) => {
        file.truncate(0);
        writeWhole(file, new TextEncoder().encode(id));
      }),
  };
}

/** Where the last whole frame ends, in bytes. */
function endOfFrames(file: OpenFile): number {
  const size = file.getSize();
  const header = new Uint8Array(headerBytes);
  let end = 0;
  while (end + headerBytes <= size) {
    file.read(header, { at: end });
    const next = end + headerBytes + new DataView(header.buffer).getUint32(0);
    if (next > size) break;
    end = next;
  }
  return end;
}
