/** @file The folder of a training on disk: every file whole or not at all. It is asked from a page, in parts of base64. */
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cannotWrite } from './failure.ts';
import { growWhole, type GrowingFile } from './whole-file.ts';

/** What the page of a session asks of the folder; every method takes and gives plain data. */
export interface DiskFolder {
  list(): readonly string[];
  /** `null` for a file that is not there. */
  size(path: string): number | null;
  /** Base64 of a part. */
  read(path: string, from: number, to: number): string;
  /** Parts follow each other; the file is in place after `commit`. */
  append(path: string, part: string): void;
  commit(path: string): void;
  remove(path: string): void;
}

const known = /^(?:training|plan|events)\.json$|^checkpoint-\d+\.safetensors$|^model\/\w[\w.-]*$/;

/** @throws CommandError when the folder cannot be made */
export function diskFolder(folder: string): DiskFolder {
  const growing = new Map<string, GrowingFile>();
  const at = (path: string): string => {
    if (!known.test(path)) throw new Error(`No training has a file "${path}".`);
    return join(folder, path);
  };
  const newFile = (path: string): GrowingFile => {
    mkdirSync(dirname(at(path)), { recursive: true });
    return growWhole(at(path));
  };
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw cannotWrite(folder, error);
  }
  return {
    list: () =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .map((path) => path.replaceAll('\\', '/'))
        .filter((path) => known.test(path)),
    size: (path) => (existsSync(at(path)) ? statSync(at(path)).size : null),
    read(path, from, to) {
      const file = openSync(at(path), 'r');
      try {
        const bytes = Buffer.alloc(to - from);
        return bytes.subarray(0, readSync(file, bytes, 0, to - from, from)).toString('base64');
      } finally {
        closeSync(file);
      }
    },
    append(path, part) {
      const file = growing.get(path) ?? newFile(path);
      growing.delete(path); // one that fails is gone
      file.add(Buffer.from(part, 'base64'));
      growing.set(path, file);
    },
    commit(path) {
      const file = growing.get(path) ?? newFile(path);
      growing.delete(path);
      file.commit();
    },
    remove: (path) => rmSync(at(path), { force: true }),
  };
}
