/** @file Finds a Chromium and starts it, in the same way for tests, benchmarks and the command line. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import type * as Playwright from 'playwright-core';

const require = createRequire(import.meta.url);
/** Loaded when it is needed: that takes most of a second. */
const chromium = () => (require('playwright-core') as typeof Playwright).chromium;

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const appPaths = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Path of a Chromium, or `null` if there is none. `GLOVEBOX_CHROMIUM` overrides the search. */
export function findChromium(): string | null {
  const override = process.env['GLOVEBOX_CHROMIUM'];
  if (override) return isExecutable(override) ? override : null;
  const onPath = (process.env['PATH'] ?? '').split(delimiter);
  const candidates = [...names.flatMap((name) => onPath.map((folder) => join(folder, name))), ...appPaths];
  const installed = candidates.find(isExecutable);
  if (installed) return installed;
  const bundled = chromium().executablePath();
  return bundled && existsSync(bundled) ? bundled : null;
}

const isRoot = process.getuid?.() === 0;
const succeeds = (command: string, args: readonly string[]) =>
  spawnSync(command, args, { stdio: ['ignore', 2, 2], shell: process.platform === 'win32' }).status === 0;

/** Find a Chromium, or install one: with apt as root, otherwise with Playwright. @throws Error that says what to do */
export function ensureChromium(): string {
  const path = findChromium();
  if (path) return path;
  if (process.env['GLOVEBOX_CHROMIUM'])
    throw new Error(`GLOVEBOX_CHROMIUM is "${process.env['GLOVEBOX_CHROMIUM']}", which is not a program.`);
  console.error('No Chromium found; installing one …');
  if (isRoot && process.platform === 'linux')
    void (
      succeeds('apt-get', ['install', '-y', '--no-install-recommends', 'chromium']) ||
      (succeeds('apt-get', ['update']) &&
        succeeds('apt-get', ['install', '-y', '--no-install-recommends', 'chromium']))
    );
  if (!findChromium()) succeeds('npx', ['playwright', 'install', 'chromium']);
  const installed = findChromium();
  if (installed) return installed;
  throw new Error('No Chromium could be installed. Install one, or set GLOVEBOX_CHROMIUM to its path.');
}

/** `none` leaves WebGPU off, `hardware` uses the GPU, `software` emulates one. */
export type Gpu = 'none' | 'hardware' | 'software';

const gpuArgs: Readonly<Record<Gpu, readonly string[]>> = {
  none: [],
  hardware: ['--enable-unsafe-webgpu', '--enable-features=Vulkan'],
  software: ['--enable-unsafe-webgpu', '--enable-features=Vulkan', '--use-webgpu-adapter=swiftshader'],
};

/** Flags for every Chromium. The sandbox is off only for root, who cannot have one. */
export const chromiumArgs = (gpu: Gpu): string[] => [...(isRoot ? ['--no-sandbox'] : []), ...gpuArgs[gpu]];

/** @param extra further flags */
export const launch = (
  executablePath: string,
  gpu: Gpu,
  extra: readonly string[] = [],
): Promise<Playwright.Browser> =>
  chromium().launch({ executablePath, args: [...chromiumArgs(gpu), ...extra] });
