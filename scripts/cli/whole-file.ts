/** @file Writes files that are there whole or not at all, whatever ends the program. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { cannotWrite } from './failure.ts';

/**
 * Put a file in place in one step; until then an earlier one stays as it is.
 * @param content its text, or what writes it into the open file
 * @throws CommandError 1 when it cannot be written
 */
export function writeWhole(path: string, content: string | ((file: number) => void)): void {
  const part = `${path}.part`;
  try {
    const file = openSync(part, 'w');
    try {
      if (typeof content === 'string') writeFileSync(file, content);
      else content(file);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(part, path);
  } catch (error) {
    rmSync(part, { force: true });
    throw cannotWrite(path, error);
  }
  syncFolder(dirname(path));
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
