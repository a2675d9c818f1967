/**
 * @file The folder of a command for the temporary files of its browser. It is removed when the command ends; the folder
 * of a command that was killed is removed by the next one.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fingerprint } from '../../src/core/hash.ts';
import { badUsage } from './failure.ts';

/** Other computers may share the place where temporary things lie, so a name says whose it is, in few characters. */
export const host = fingerprint(hostname()).slice(0, 4);
export const prefix = `glovebox-${host}-`;

/** The browser makes a socket in the folder, whose whole path may have this many bytes. */
const longestSocketPath = process.platform === 'darwin' ? 103 : 107;
const socket = '/org.chromium.Chromium.xxxxxx/SingletonSocket';

function checkLength(folder: string): void {
  if (process.platform === 'win32' || Buffer.byteLength(folder + socket) <= longestSocketPath) return;
  throw badUsage(
    `No browser can start with temporary files in ${tmpdir()}, because that path is too long.`,
    'Set TMPDIR to a shorter path, for example TMPDIR=/tmp.',
  );
}

/** True if a process with this id is alive, whoever started it. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Files that a browser is still writing stay, for the command after this one. */
const remove = (folder: string) =>
  rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }).catch(() => {});

async function removeAbandoned(place: string): Promise<void> {
  const isAbandoned = (name: string) => {
    const owner = name.startsWith(prefix) && /^(\d+)-/.exec(name.slice(prefix.length))?.[1];
    return owner && !isRunning(Number(owner));
  };
  const names = (await readdir(place)).filter(isAbandoned);
  await Promise.all(names.map((name) => remove(join(place, name))));
}

/** Do `work` while everything temporary of this process and those that it starts goes to a folder of its own. */
export async function withTemporaryFolder<T>(work: () => Promise<T>): Promise<T> {
  const place = tmpdir();
  const name = join(place, `${prefix}${process.pid}-`);
  checkLength(`${name}xxxxxx`);
  await removeAbandoned(place);
  const folder = await mkdtemp(name);
  // Playwright and the browser look here, each by the name that its system uses.
  const names = ['TMPDIR', 'TEMP', 'TMP'] as const;
  const before = names.map((name) => [name, process.env[name]] as const);
  for (const name of names) process.env[name] = folder;
  try {
    return await work();
  } finally {
    for (const [name, value] of before)
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    await remove(folder);
  }
}
