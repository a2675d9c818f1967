/**
 * @file `npm run results`: runs the two plans behind the pages of the methods and writes their summaries to
 * public/results. With `--resume` it continues runs that were interrupted, which must be of the same weights.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { parsePublishedResults } from '../src/lab/analysis/published.ts';
import { root } from './build.ts';

/** Run a plan of public/plans as on the command line. @returns the summary that it prints */
async function summaryOf(plan: string, resume: boolean): Promise<unknown> {
  const out = join(root, '.cache', 'results', plan);
  if (!resume) await rm(out, { recursive: true, force: true });
  const lab = ['--import', 'tsx', join(root, 'scripts/lab.ts')];
  const run = ['run', join(root, 'public/plans', `${plan}.json`), '--out', out, '--json'];
  const child = spawn(process.execPath, [...lab, ...run, ...(resume ? ['--resume'] : [])], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`The run of ${plan}.json failed; the reason is above.`);
  return JSON.parse(output);
}

const resume = process.argv.includes('--resume');
const folder = join(root, 'public/results');
const summaries = new Map<string, unknown>();
for (const plan of ['attacks', 'defenses']) {
  const summary = await summaryOf(plan, resume);
  parsePublishedResults(summary);
  summaries.set(plan, summary);
}
// Written at the end, because the app contains public/: a change there would make the second run build it again.
await mkdir(folder, { recursive: true });
for (const [plan, summary] of summaries) {
  const file = join(folder, `${plan}.json`);
  const options = await resolveConfig(file);
  await writeFile(file, await format(JSON.stringify(summary), { ...options, filepath: file }));
  console.error(`Wrote ${file}`);
}
