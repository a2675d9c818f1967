/**
 * @file `npm run results`: runs the plans behind the published results and writes their summaries: those of `attacks`,
 * `searches` and `defenses` to public/results, for the pages of the methods; those of `secrets`, on a real model and two that are trained from it, and
 * of `paper-matrix` to docs/results. Names of plans choose among them. With `--resume` it continues runs that were interrupted, which must be of
 * the same weights.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { groupedBy } from '../src/core/groups.ts';
import { parsePublishedResults } from '../src/lab/analysis/published.ts';
import type { TrialRecord } from '../src/lab/records/trial.ts';
import { root } from './build.ts';
import { paperFigures, paperTables } from './results/paper-matrix.ts';
import { secretModels } from './results/secret-models.ts';
import { secretFigures, secretTables } from './results/secrets.ts';
import { withTables } from './results/tables.ts';

const names = ['attacks', 'searches', 'defenses', 'secrets', 'paper-matrix'] as const;
type Name = (typeof names)[number];

const { values, positionals } = parseArgs({
  options: { resume: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const unknown = positionals.find((name) => !names.some((known) => known === name));
if (unknown !== undefined)
  throw new Error(`There is no plan "${unknown}" to publish. Known: ${names.join(', ')}.`);
const chosen = names.filter((name) => positionals.length === 0 || positionals.includes(name));

const outOf = (name: Name) => join(root, '.cache', 'results', name);

/** Run a plan of public/plans as on the command line. @returns the summary that it prints */
async function summaryOf(name: Name, more: readonly string[] = []): Promise<unknown> {
  const out = outOf(name);
  if (!values.resume) await rm(out, { recursive: true, force: true });
  const lab = [join(root, 'scripts/lab.mjs')];
  const run = ['run', join(root, 'public/plans', `${name}.json`), '--out', out, '--json', ...more];
  const child = spawn(process.execPath, [...lab, ...run, ...(values.resume ? ['--resume'] : [])], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`The run of ${name}.json failed; the reason is above.`);
  return JSON.parse(output);
}

async function write(file: string, content: string): Promise<void> {
  const options = await resolveConfig(file);
  await writeFile(file, await format(content, { ...options, filepath: file }));
  console.error(`Wrote ${file}`);
}

const docs = join(root, 'docs/results');

async function trialsOf(name: Name): Promise<TrialRecord[]> {
  const lines = (await readFile(join(outOf(name), 'trials.jsonl'), 'utf8')).trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as TrialRecord);
}

async function writePage(name: Name, tables: string): Promise<void> {
  const page = join(docs, `${name}.md`);
  await write(page, withTables(await readFile(page, 'utf8'), tables));
}

/** The summary, what only the trials tell, the report of the run, and the tables of the page that explains them. */
async function publishSecrets(): Promise<void> {
  const models = await secretModels(join(root, '.cache/results/secret-models'));
  const summary = await summaryOf(
    'secrets',
    models.flatMap(({ name }) => ['--model', name]),
  );
  const trials = groupedBy(await trialsOf('secrets'), ({ model }) => model);
  // In the order of the plan, which is that of the models.
  const results = [...trials].map(([id, records], i) => ({
    ...{ id, title: models[i]!.title },
    figures: secretFigures(records),
  }));
  await write(join(docs, 'secrets.json'), JSON.stringify({ summary, models: results }));
  await copyFile(join(outOf('secrets'), 'report.html'), join(docs, 'secrets.html'));
  await writePage('secrets', secretTables(parsePublishedResults(summary), results));
}

/** The figures, which are counted from the trials alone, and the tables of the page that explains them. */
async function publishPaperMatrix(): Promise<void> {
  const { plan, seed, device, elapsedMs } = parsePublishedResults(await summaryOf('paper-matrix'));
  const figures = paperFigures(await trialsOf('paper-matrix'));
  await write(
    join(docs, 'paper-matrix.json'),
    JSON.stringify({ run: { plan, seed, device, elapsedMs }, figures }),
  );
  await writePage('paper-matrix', paperTables(figures));
}

const summaries = new Map<Name, unknown>();
for (const name of chosen) {
  if (name === 'secrets' || name === 'paper-matrix') continue;
  const summary = await summaryOf(name);
  parsePublishedResults(summary);
  summaries.set(name, summary);
}
if (chosen.includes('secrets')) await publishSecrets();
if (chosen.includes('paper-matrix')) await publishPaperMatrix();
// Written at the end, because the app contains public/: a change there would make the next run build it again.
const folder = join(root, 'public/results');
await mkdir(folder, { recursive: true });
for (const [name, summary] of summaries) await write(join(folder, `${name}.json`), JSON.stringify(summary));
