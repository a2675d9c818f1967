/** @file Finds a Chromium to run the app in, and starts it the same way for tests, benchmarks and the command line. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';

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

/** Path of a Chromium, or `null`. `GLOVEBOX_CHROMIUM` overrides the search. */
export function findChromium(): string | null {
  const asked = process.env['GLOVEBOX_CHROMIUM'];
  if (asked) return isExecutable(asked) ? asked : null;
  const onPath = (process.env['PATH'] ?? '').split(delimiter);
  const candidates = [...names.flatMap((name) => onPath.map((folder) => join(folder, name))), ...appPaths];
  const found = candidates.find(isExecutable);
  if (found) return found;
  const bundled = chromium.executablePath();
  return bundled && existsSync(bundled) ? bundled : null;
}

const isRoot = process.getuid?.() === 0;
const attempt = (command: string, args: readonly string[]) =>
  spawnSync(command, args, { stdio: ['ignore', 2, 2], shell: process.platform === 'win32' }).status === 0;

/** Find a Chromium, or install one: with apt as root, else with Playwright. @throws Error that says what to do. */
export function ensureChromium(): string {
  const found = findChromium();
  if (found) return found;
  if (process.env['GLOVEBOX_CHROMIUM'])
    throw new Error(`GLOVEBOX_CHROMIUM is "${process.env['GLOVEBOX_CHROMIUM']}", which is not a program.`);
  console.error('No Chromium found; installing one …');
  if (isRoot && process.platform === 'linux')
    void (
      attempt('apt-get', ['install', '-y', '--no-install-recommends', 'chromium']) ||
      (attempt('apt-get', ['update']) &&
        attempt('apt-get', ['install', '-y', '--no-install-recommends', 'chromium']))
    );
  if (!findChromium()) attempt('npx', ['playwright', 'install', 'chromium']);
  const installed = findChromium();
  if (installed) return installed;
  throw new Error('No Chromium could be installed. Install one, or set GLOVEBOX_CHROMIUM to its path.');
}

/** `none` leaves WebGPU alone, `hardware` asks for the GPU, `software` emulates one. */
export type Gpu = 'none' | 'hardware' | 'software';

const gpuArgs: Readonly<Record<Gpu, readonly string[]>> = {
  none: [],
  hardware: ['--enable-unsafe-webgpu', '--enable-features=Vulkan'],
  software: ['--enable-unsafe-webgpu', '--enable-features=Vulkan', '--use-webgpu-adapter=swiftshader'],
};

/** Flags for every Chromium that we start; no sandbox only where there cannot be one. */
export const chromiumArgs = (gpu: Gpu): string[] => [...(isRoot ? ['--no-sandbox'] : []), ...gpuArgs[gpu]];

/** @param extra further flags */
export const launch = (executablePath: string, gpu: Gpu, extra: readonly string[] = []): Promise<Browser> =>
  chromium.launch({ executablePath, args: [...chromiumArgs(gpu), ...extra] });
