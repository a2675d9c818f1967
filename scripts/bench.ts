/**
 * @file `npm run bench -- [--device wasm|webgpu|software-webgpu] [--model id] [--rounds n] [--write]`: measures speed in
 * a headless Chromium. With `--write` it adds a row to each table of bench/RESULTS.md that it measures.
 */
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { format } from 'prettier';
import { build } from 'vite';
import type { Bench } from '../bench/bench.worker.ts';
import { withRow } from '../bench/table.ts';
import { root } from './build.ts';
import { ensureChromium, launch, type Gpu } from './chromium.ts';
import { serve } from './serve.ts';

const { values } = parseArgs({
  options: {
    device: { type: 'string', default: 'wasm' },
    model: { type: 'string', default: 'tinytown-chat' },
    rounds: { type: 'string', default: '41' },
    write: { type: 'boolean', default: false },
  },
});
const gpus: Readonly<Record<string, Gpu>> = {
  wasm: 'none',
  webgpu: 'hardware',
  'software-webgpu': 'software',
};
const gpu = gpus[values.device];
const rounds = Number(values.rounds);
if (gpu === undefined || !Number.isInteger(rounds) || rounds < 1) {
  console.error(
    `--device must be one of ${Object.keys(gpus).join(', ')}; --rounds a whole number, 1 or more.`,
  );
  process.exit(2);
}

const folder = join(root, '.cache', 'bench');
process.env['NODE_ENV'] = 'production';
await build({
  root,
  logLevel: 'error',
  build: { outDir: folder, emptyOutDir: true, rolldownOptions: { input: join(root, 'bench/index.html') } },
});
const server = await serve({ folder, port: 0, headers: true });
const browser = await launch(ensureChromium(), gpu);
try {
  const page = await browser.newPage();
  await page.goto(`${server.url}bench/index.html`);
  await page.waitForFunction(() => globalThis.bench !== undefined);
  const kind = gpu === 'none' ? 'wasm' : 'webgpu';
  const figures = await page.evaluate(([device, model, count]) => globalThis.bench!(device, model, count), [
    kind,
    values.model,
    rounds,
  ] as const);
  console.log(JSON.stringify(figures, null, 2));
  if (values.write) await record(figures, browser.version());
} finally {
  await browser.close();
  await server.close();
}

async function record(figures: Awaited<ReturnType<Bench>>, version: string): Promise<void> {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
    cwd: root,
    encoding: 'utf8',
  }).trim();
  const processors = cpus();
  const subject = [
    `${values.device}, ${processors.length} × ${processors[0]?.model ?? 'unknown processor'}`,
    `Chromium ${version.split('.')[0]}`,
    values.model,
  ];
  const { gcgStepsPerSecond: gcg, defenses } = figures;
  const { batchedOverOneByOne: gains, safeDecoding } = defenses;
  const path = join(root, 'bench/RESULTS.md');
  const text = await readFile(path, 'utf8');
  const withSpeed = withRow(text, '# Speed', [
    ...subject,
    'fp32',
    figures.prefillTokensPerSecond.toFixed(0),
    figures.decodeTokensPerSecond.toFixed(0),
    figures.labOverBare.toFixed(2),
    gcg.usual.toFixed(2),
    gcg.withoutPrefixCache.toFixed(2),
    gcg.probeSampling.toFixed(2),
    figures.trainingStepsPerSecond.toFixed(2),
    commit,
  ]);
  const withDefenses = withRow(withSpeed, '## Defenses', [
    ...subject,
    gains['smooth-llm'].toFixed(2),
    gains['ra-llm'].toFixed(2),
    gains['erase-and-check'].toFixed(2),
    safeDecoding.tokenTime.toFixed(2),
    safeDecoding.answerTime.toFixed(2),
    safeDecoding.firstTokenTime.toFixed(2),
    commit,
  ]);
  await writeFile(path, await format(withDefenses, { filepath: path }));
}
