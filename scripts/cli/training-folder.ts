/** @file The folder of a training on disk: every file whole or not at all. It is asked from a page, in parts of base64. */
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { cannotWrite } from './failure.ts';
import { writeWhole } from './whole-file.ts';

/** The file without which a folder holds no training. */
export const takesPart = 'training.json';

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
  const parts = new Map<string, Buffer[]>();
  const at = (path: string): string => {
    if (!known.test(path)) throw new Error(`No training has a file "${path}".`);
    return join(folder, path);
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
      parts.set(path, [...(parts.get(path) ?? []), Buffer.from(part, 'base64')]);
    },
    commit(path) {
      mkdirSync(dirname(at(path)), { recursive: true });
      writeWhole(at(path), (file) => {
        for (const part of parts.get(path) ?? []) writeSync(file, part);
      });
      parts.delete(path);
    },
    remove: (path) => rmSync(at(path), { force: true }),
  };
}
