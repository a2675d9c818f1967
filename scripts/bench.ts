/**
 * @file `npm run bench -- [--device wasm|webgpu|software-webgpu] [--only peers|lab] [--model id] [--rounds n] [--attacks]
 * [--write]`: measures speed in a headless Chromium, of the lab against its peers (bench/peers/ and others) and of the lab
 * alone. It prints a table that can be posted as it is; with `--write` it also adds rows to bench/RESULTS.md.
 */
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Browser } from 'playwright-core';
import { format } from 'prettier';
import { againstPeers, type Site } from '../bench/against-peers.ts';
import { timeOfAttacks } from '../bench/attacks-plan.ts';
import { buildPage } from '../bench/build.ts';
import { cellsOf, tableOf, type Line } from '../bench/comparison.ts';
import { labRows } from '../bench/lab-rows.ts';
import { benchFiles } from '../bench/models.ts';
import { benchModels } from '../bench/parameters.ts';
import { withRow } from '../bench/table.ts';
import { root } from './build.ts';
import { ensureChromium, launch, type Gpu } from './chromium.ts';
import { serve } from './serve.ts';

const { values } = parseArgs({
  options: {
    device: { type: 'string', default: 'wasm' },
    only: { type: 'string' },
    model: { type: 'string' },
    rounds: { type: 'string' },
    attacks: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
const gpus: Readonly<Record<string, Gpu>> = {
  wasm: 'none',
  webgpu: 'hardware',
  'software-webgpu': 'software',
};
const gpu = gpus[values.device];
const rounds = Number(values.rounds ?? 41);
const parts = ['peers', 'lab'];
const models = benchModels.filter((id) => values.model === undefined || values.model === id);
if (
  gpu === undefined ||
  !Number.isInteger(rounds) ||
  rounds < 1 ||
  (values.only !== undefined && !parts.includes(values.only)) ||
  (values.only === 'peers' && models.length === 0)
) {
  console.error(
    `--device must be one of ${Object.keys(gpus).join(', ')}; --only one of ${parts.join(', ')}; --rounds a whole ` +
      `number, 1 or more; --model, for peers, one of ${benchModels.join(', ')}.`,
  );
  process.exit(2);
}
const measures = (part: string) => values.only === undefined || values.only === part;
const device = gpu === 'none' ? 'wasm' : 'webgpu';
const labModel = values.model ?? 'tinytown-chat';
const path = join(root, 'bench/RESULTS.md');
/** Of the last minute, before this script adds its own. */
const otherWork = loadavg()[0]!;

const folder = join(root, '.cache', 'bench');
await buildPage(root, 'bench/index.html', folder);
const files = await benchFiles(root, join(root, '.cache', 'bench-made'));
const server = await serve({ folder, mounts: files.mounts, port: 0, headers: true });
const browser = await launch(ensureChromium(), gpu);
try {
  const url = `${server.url}bench/index.html`;
  const machine = await machineOf(browser, url);
  if (measures('peers') && models.length > 0) {
    const site: Site = {
      ...{ browser, url, device, rounds, folders: files.folders },
      ggufs: new Map([...files.ggufs].map(([id, gguf]) => [id, { ...gguf, url: server.url + gguf.path }])),
      onLine: (line) => console.error(cellsOf(line).join('  ')),
    };
    const lines = await againstPeers(site, models);
    if (values.attacks) lines.push(timeOfAttacks(root));
    console.log(`${machine}\n\n${await format(tableOf(lines), { parser: 'markdown' })}`);
    if (values.write) await writeLines(lines, machine);
  }
  if (measures('lab')) {
    const page = await browser.newPage();
    await page.goto(url);
    await page.waitForFunction(() => globalThis.bench !== undefined);
    const figures = await page.evaluate(([kind, model, count]) => globalThis.bench!(kind, model, count), [
      device,
      labModel,
      rounds,
    ] as const);
    console.log(JSON.stringify(figures, null, 2));
    if (values.write)
      await writeRows(labRows(figures, [values.device, ...machine.split('; ').slice(0, 2), labModel]));
  }
} finally {
  await browser.close();
  await server.close();
}

/** Processors, browser and graphics adapter, as a row or a post states them. */
async function machineOf(browser: Browser, url: string): Promise<string> {
  const processors = cpus();
  const page = await browser.newPage();
  await page.goto(url);
  const adapter = await page.evaluate(async () => {
    const info = (await (navigator.gpu as GPU | undefined)?.requestAdapter())?.info;
    return info && [info.vendor, info.architecture, info.device, info.description].filter(Boolean).join(' ');
  });
  await page.close();
  return [
    `${processors.length} × ${processors[0]?.model ?? 'unknown processor'}`,
    `Chromium ${browser.version().split('.')[0]}`,
    // Two sides that use different numbers of threads lose differently to other work.
    ...(otherWork > 0.5 ? [`with other work: load ${otherWork.toFixed(1)} at the start`] : []),
    ...(device === 'webgpu' ? [`WebGPU on ${adapter ?? 'no adapter'}`] : []),
  ].join('; ');
}

function commit(): string {
  return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
}

/** @param rows cells by the heading of the table that they belong to; the commit is added */
async function writeRows(
  rows: readonly (readonly [heading: string, cells: readonly string[]])[],
): Promise<void> {
  let text = await readFile(path, 'utf8');
  for (const [heading, cells] of rows) text = withRow(text, heading, [...cells, commit()]);
  await writeFile(path, await format(text, { filepath: path }));
}

function writeLines(lines: readonly Line[], machine: string): Promise<void> {
  const where = `${values.device}, ${machine}`;
  return writeRows(lines.map((line) => ['## Against peers', [...cellsOf(line), where]] as const));
}
