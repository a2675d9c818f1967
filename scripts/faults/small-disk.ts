/** @file A small disk of its own, which can be filled: a tmpfs, which only root may mount. */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

export interface SmallDisk {
  readonly folder: string;
  /** Take all room but `spareBytes`. Files that vanished in between make room, so this can be repeated. */
  fill(spareBytes: number): void;
  /** Give the room back that `fill` has taken. */
  empty(): void;
  resize(bytes: number): void;
  /** Delete everything on it. */
  clear(): void;
  remove(): void;
}

const run = (command: string, args: readonly string[]) => execFileSync(command, args, { stdio: 'pipe' });

/** @returns `null` where no disk can be mounted */
export function createSmallDisk(folder: string, bytes: number): SmallDisk | null {
  mkdirSync(folder, { recursive: true });
  try {
    run('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder]);
  } catch {
    return null;
  }
  const filler = join(folder, 'filler');
  return {
    folder,
    fill(spareBytes) {
      const file = openSync(filler, 'a');
      let { size } = fstatSync(file);
      try {
        const block = Buffer.alloc(65_536);
        for (;;) size += writeSync(file, block);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
        ftruncateSync(file, Math.max(0, size - spareBytes));
      } finally {
        closeSync(file);
      }
    },
    empty: () => rmSync(filler, { force: true }),
    resize: (size) => void run('mount', ['-o', `remount,size=${size}`, folder]),
    clear: () => {
      for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true, force: true });
    },
    remove: () => void run('umount', ['-l', folder]),
  };
}
