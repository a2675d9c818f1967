import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { prefix, withTemporaryFolder } from '../../scripts/cli/temporary-folder.ts';

const before = process.env['TMPDIR'];
let place: string;
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'place-'));
  process.env['TMPDIR'] = place;
});
afterEach(() => {
  if (before === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = before;
  rmSync(place, { recursive: true });
});

test('temporary files of a command go to a folder of its own, which is removed at its end', async () => {
  const folder = await withTemporaryFolder(async () => {
    writeFileSync(join(tmpdir(), 'profile'), '');
    return tmpdir();
  });
  expect(folder).not.toBe(place);
  expect(readdirSync(place)).toEqual([]);
  expect(tmpdir()).toBe(place);
});

test('the folder of a killed command is removed, that of a running one and those of others are kept', async () => {
  const { pid: ended } = spawnSync(process.execPath, ['--version']);
  const folder = (pid: number) => join(place, `${prefix}${pid}-abc`);
  const folders = [folder(ended), folder(process.pid), join(place, 'glovebox-other-1-abc'), join(place, 'x')];
  for (const path of folders) mkdirSync(path);
  await withTemporaryFolder(async () => {});
  expect(folders.map(existsSync)).toEqual([false, true, true, true]);
});

test.runIf(process.platform === 'linux')('a path in which no browser could start is refused', async () => {
  process.env['TMPDIR'] = join(place, 'x'.repeat(60));
  await expect(withTemporaryFolder(async () => {})).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining('too long') as unknown,
  });
});
