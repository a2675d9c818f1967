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

/**
 * Lists of one stage run side by side, because most scripts keep one core busy and no more; those of one list run one
 * after the other.
 */
const stages: readonly (readonly (readonly string[])[])[] = [
  // What the last stage serves is built beside the unit tests, as soon as the static checks are done.
  [['test:unit'], ['static', 'build', 'build:carried']],
  // One core is left over beside the real models: the other two take about as long together.
  [['test:real'], ['test:models', 'test:browser']],
  [['test:e2e']],
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
/** @returns true if all of them succeed; those after one that fails are left out */
async function allSucceed(scripts: readonly string[], isShown: boolean): Promise<boolean> {
  for (const script of scripts) {
    const start = performance.now();
    if (!(await succeeds(script, isShown))) return false;
    took.push(`${script} ${Math.round((performance.now() - start) / 1000)} s`);
  }
  return true;
}
const start = performance.now();
for (const lists of stages) {
  const results = await Promise.all(lists.map((scripts, i) => allSucceed(scripts, i === 0)));
  if (!results.every(Boolean)) process.exit(1);
}
console.log(`Everything passed in ${Math.round((performance.now() - start) / 1000)} s: ${took.join(', ')}.`);
