/**
 * @file `npm test`: the checks of `npm run check`, then the tests that evaluate the bundled models, those on real models,
 * and those that need a browser. Stops after the first stage in which something failed.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { text } from 'node:stream/consumers';
import { ensureChromium } from './chromium.ts';
import { root } from './build.ts';

/** Scripts of one stage run side by side, because most of them keep one core busy and no more. */
const stages: readonly (readonly string[])[] = [
  ['test:unit', 'static'],
  ['build'],
  ['test:real', 'test:models'],
  ['test:browser'],
  ['test:e2e'],
];

const env = { ...process.env, GLOVEBOX_CHROMIUM: ensureChromium() };

/** @param isShown whether its output shows as it comes; that of the others follows when they have ended */
async function succeeds(script: string, isShown: boolean): Promise<boolean> {
  const child = spawn('npm', ['run', script], {
    cwd: root,
    env,
    stdio: ['ignore', isShown ? 'inherit' : 'pipe', isShown ? 'inherit' : 'pipe'],
    shell: process.platform === 'win32',
  });
  const ended = once(child, 'close') as Promise<[number | null]>;
  const output = await Promise.all([child.stdout, child.stderr].map((stream) => stream && text(stream)));
  const [status] = await ended;
  for (const part of output) if (part !== null) process.stdout.write(part);
  if (status !== 0) console.error(`npm run ${script} failed.`);
  return status === 0;
}

const took: string[] = [];
for (const scripts of stages) {
  const start = performance.now();
  const results = await Promise.all(scripts.map((script, i) => succeeds(script, i === 0)));
  took.push(`${scripts.join(' and ')} ${Math.round((performance.now() - start) / 1000)} s`);
  if (!results.every(Boolean)) process.exit(1);
}
console.log(`Everything passed: ${took.join(', ')}.`);
