/** @file Builds the app into dist/, and tells whether dist/ is up to date. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { deriveModels } from './derive-models.ts';

export const root = fileURLToPath(new URL('..', import.meta.url));
export const dist = join(root, 'dist');

/** What is built, and where to. */
export interface Build {
  readonly mode: 'production' | 'connected';
  readonly folder: string;
}
/** The app itself: sealed. */
export const sealedBuild: Build = { mode: 'production', folder: dist };
/** For people: its pages may ask the servers in GLOVEBOX_ENDPOINTS. */
const connectedBuild: Build = { mode: 'connected', folder: join(root, 'dist-connected') };
/** For the command line: its pages connect to their own site only; the command line carries the requests. */
export const carriedBuild: Build = { mode: 'connected', folder: join(root, '.cache', 'connected') };

const inputs = [
  ...['index.html', 'LICENSE', 'package-lock.json', 'vite.config.ts', 'svelte.config.js'],
  ...['CONTRIBUTING.md', 'CHANGELOG.md'],
  ...['scripts/serve.ts', 'scripts/serve-site.ts', 'scripts/serve-here.ts'],
];
const inputFolders = ['src', 'workers', 'public', 'docs', 'scripts/vite'];
const stampOf = ({ folder }: Build) =>
  join(root, '.cache', folder === dist ? 'build-inputs' : `build-inputs-${basename(folder)}`);

/** A hash of path, size and time of every file that the build reads. Derived files are brought up to date first. */
async function fingerprint(): Promise<string> {
  deriveModels();
  const within = async (folder: string) =>
    (await readdir(join(root, folder), { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  const files = [
    ...inputs.map((file) => join(root, file)),
    ...(await Promise.all(inputFolders.map(within))).flat(),
  ];
  const hash = createHash('sha256');
  for (const file of files.toSorted()) {
    const { size, mtimeMs } = await stat(file);
    hash.update(`${file}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

const lastInputs = (build: Build) => readFile(stampOf(build), 'utf8').catch(() => '');

/** Build the app; progress goes to standard error. @throws Error if the build fails */
export async function buildApp(build: Build = sealedBuild): Promise<void> {
  const inputsNow = await fingerprint();
  console.error(build.mode === 'connected' ? 'Building the connected app …' : 'Building the app …');
  // In a process of its own, because the NODE_ENV of a test runner must not end up in the app.
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  const env = {
    ...process.env,
    NODE_ENV: 'production',
    ...(build === carriedBuild && { GLOVEBOX_ENDPOINTS: '' }),
  };
  const into = ['--mode', build.mode, '--outDir', build.folder, '--emptyOutDir'];
  const child = spawn(process.execPath, [vite, 'build', ...into, '--logLevel', 'warn'], {
    cwd: root,
    env,
    stdio: ['ignore', 2, 2],
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error('The build failed; the reason is above.');
  await mkdir(join(root, '.cache'), { recursive: true });
  await writeFile(stampOf(build), inputsNow);
}

/** Build only if a source changed since the last build. */
export async function ensureBuilt(build: Build = sealedBuild): Promise<void> {
  if (!existsSync(join(build.folder, 'index.html')) || (await lastInputs(build)) !== (await fingerprint()))
    await buildApp(build);
}

const builds: Readonly<Record<string, Build>> = {
  production: sealedBuild,
  connected: connectedBuild,
  carried: carriedBuild,
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { mode } = parseArgs({ options: { mode: { type: 'string', default: 'production' } } }).values;
  const build = builds[mode];
  if (!build)
    throw new Error(`There is no build mode "${mode}". Use --mode connected, or none for the sealed app.`);
  await buildApp(build);
}
