/** @file The folder of a run: run.json holds the plan, trials.jsonl the records, report.html the analysis. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { expandPlan } from '../../src/lab/trials/trials.ts';
import { digestOf } from '../../src/lab/records/digest.ts';
import type { RunContents, RunHead } from '../../src/lab/records/run.ts';
import type { WholeRun } from '../../src/lab/trials/merge.ts';
import { summarize } from '../../src/lab/analysis/summarize.ts';
import { parsePlan } from '../../src/lab/plan/plan.ts';
import type { RunSummary } from '../../src/lab/records/summary.ts';
import { registries } from '../../src/lab/trials/registries.ts';
import { report } from '../../src/lab/analysis/report/report.ts';
import { placeRecords } from '../../src/lab/trials/placement.ts';
import { badUsage } from './failure.ts';
import { readJson } from './json-file.ts';
import { nameOf } from './names.ts';
import { readTrials, writeTrials } from './trial-file.ts';

const runSchema = z.looseObject({
  plan: z.unknown(),
  versions: z.record(z.string(), z.string()),
  device: z.object({ kind: z.enum(['webgpu', 'wasm']), description: z.string(), threads: z.number() }),
  startedAt: z.string(),
});

export const pathsIn = (folder: string) => ({
  run: join(folder, 'run.json'),
  trials: join(folder, 'trials.jsonl'),
  report: join(folder, 'report.html'),
  artifacts: join(folder, 'artifacts.json'),
});

/**
 * The run in a folder, its trials in the order of its plan.
 * @throws CommandError or LabError that names the file, and the line if a trial is damaged
 */
export function readRun(folder: string): WholeRun & RunContents {
  const paths = pathsIn(folder);
  if (!existsSync(paths.run))
    throw badUsage(`There is no run in "${folder}".`, 'Name the --out folder of a run.');
  const parsed = runSchema.safeParse(readJson(paths.run, 'run'));
  const issue = parsed.error?.issues[0];
  if (!parsed.success) throw badUsage(`${paths.run}: ${issue?.path.join('.') || 'run'}: ${issue?.message}.`);
  const { versions, device, startedAt } = parsed.data;
  const plan = parsePlan(parsed.data.plan);
  const trials = placeRecords(readTrials(paths.trials), expandPlan(plan, registries).chunks);
  const records = trials.toSorted((a, b) => a.place - b.place).map(({ record }) => record);
  return { plan, versions, device, startedAt, records, digests: records.map(digestOf) };
}

export const summaryOf = ({ plan, device, digests }: RunContents): RunSummary =>
  summarize(plan, device, registries.evaluators.all, digests);

/** Write all three files into a folder, which is created if it does not exist. */
export function writeRun(folder: string, whole: WholeRun): void {
  const run = { ...whole, digests: whole.records.map(digestOf) };
  mkdirSync(folder, { recursive: true });
  writeHead(folder, run);
  writeTrials(pathsIn(folder).trials, run.records);
  writeReport(folder, run);
}

export function writeHead(folder: string, { plan, versions, device, startedAt }: RunHead): void {
  const head = JSON.stringify({ plan, versions, device, startedAt }, null, 2);
  writeFileSync(pathsIn(folder).run, `${head}\n`);
}

export function writeReport(folder: string, run: RunContents): void {
  const source = {
    ...run,
    summary: summaryOf(run),
    finished: run.digests.length,
    total: expandPlan(run.plan, registries).total,
    name: nameOf,
  };
  writeFileSync(pathsIn(folder).report, report(source));
}
