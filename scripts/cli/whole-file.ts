/** @file Writes files that are there whole or not at all, whatever ends the program. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { cannotWrite } from './failure.ts';

/**
 * Put a file in place in one step; until then an earlier one stays as it is.
 * @param content its text or bytes, or what writes it into the open file
 * @throws CommandError 1 when it cannot be written
 */
export function writeWhole(path: string, content: string | Uint8Array | ((file: number) => void)): void {
  const growing = growWhole(path);
  growing.add(content);
  growing.commit();
}

/** A file that is written in parts, none of which stays in memory, and is in place after `commit`. */
export interface GrowingFile {
  /** @throws CommandError 1 when it cannot be written; nothing of it is left then */
  add(content: string | Uint8Array | ((file: number) => void)): void;
  /** @throws as `add` */
  commit(): void;
}

/** @throws CommandError 1 when it cannot be made */
export function growWhole(path: string): GrowingFile {
  const part = `${path}.part`;
  let file: number | null = null;
  const close = () => {
    if (file !== null) closeSync(file);
    file = null;
  };
  const orDiscard = (work: () => void) => {
    try {
      work();
    } catch (error) {
      close();
      rmSync(part, { force: true });
      throw cannotWrite(path, error);
    }
  };
  orDiscard(() => (file = openSync(part, 'w')));
  return {
    add: (content) =>
      orDiscard(() => {
        if (typeof content === 'function') content(file!);
        else writeFileSync(file!, content);
      }),
    commit() {
      orDiscard(() => {
        fsyncSync(file!);
        close();
        renameSync(part, path);
      });
      syncFolder(dirname(path));
    },
  };
}

/** Make the name of a new file last. Systems that cannot do this for a folder need not. */
function syncFolder(folder: string): void {
  try {
    const file = openSync(folder, 'r');
    fsyncSync(file);
    closeSync(file);
  } catch {
    // The file itself is written.
  }
}
