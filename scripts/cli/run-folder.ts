/** @file The folder of a run: run.json holds the plan, trials.jsonl the records, report.html the analysis. */
import { closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { LabError } from '../../src/core/errors.ts';
import { excerpt, issueTexts } from '../../src/core/excerpt.ts';
import type { Labels } from '../../src/lab/records/labels.ts';
import { report } from '../../src/lab/analysis/report/report.ts';
import { summarize } from '../../src/lab/analysis/summarize.ts';
import { artifactsInFile, type RunArtifact } from '../../src/lab/plan/artifacts.ts';
import { parsePlan } from '../../src/lab/plan/plan.ts';
import { digestOf, type TrialDigest } from '../../src/lab/records/digest.ts';
import type { RunContents, RunHead } from '../../src/lab/records/run.ts';
import type { RunSummary } from '../../src/lab/records/summary.ts';
import { placerFor, type Placer } from '../../src/lab/trials/placement.ts';
import { registries } from '../../src/lab/trials/registries.ts';
import { expandPlan } from '../../src/lab/trials/trials.ts';
import { badUsage, cannotWrite, CommandError } from './failure.ts';
import { readJson } from './json-file.ts';
import type { Span } from './lines.ts';
import { nameOf } from './names.ts';
import { copyLines, eachTrial, type StoredTrial, type TrialsEnd } from './trial-file.ts';
import { writeWhole } from './whole-file.ts';

/** Of run.json. Files without one are of the first. */
const formatVersion = 1;

const headSchema = z.looseObject({
  plan: z.unknown(),
  versions: z.record(z.string(), z.string()),
  device: z.looseObject({ kind: z.enum(['webgpu', 'wasm']), description: z.string(), threads: z.number() }),
  startedAt: z.string(),
});

export const pathsIn = (folder: string) => ({
  run: join(folder, 'run.json'),
  trials: join(folder, 'trials.jsonl'),
  report: join(folder, 'report.html'),
  artifacts: join(folder, 'artifacts.json'),
});

/** @throws CommandError unless a folder can be made there, or is there */
export function checkFolder(folder: string): void {
  if (folder === '') throw badUsage('The folder has no name.', 'Name one with --out.');
  if (existsSync(folder) && !statSync(folder).isDirectory())
    throw badUsage(`${excerpt(folder)} is a file.`, 'Name a folder with --out.');
}

/** @throws CommandError 1 when it cannot be made */
export function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw cannotWrite(folder, error);
  }
}

/** There is no run.json, or it is not whole; its trials may be. */
export class DamagedHead extends CommandError {
  readonly damage: string;

  constructor(folder: string, damage: string) {
    const { trials } = pathsIn(folder);
    const advice = existsSync(trials)
      ? `The trials in ${trials} are kept: "run PLAN --out ${folder} --resume" makes run.json again from their plan.`
      : 'Name the --out folder of a run.';
    super(2, damage, advice);
    this.damage = damage;
  }
}

/** What run.json says. @throws DamagedHead; CommandError or LabError for one of another release */
export function readHead(folder: string): RunHead {
  const { run: path } = pathsIn(folder);
  const name = excerpt(path);
  if (!existsSync(path))
    throw new DamagedHead(folder, `There is no run in "${excerpt(folder)}": it has no run.json.`);
  let content: unknown;
  try {
    content = readJson(path, 'run');
  } catch (error) {
    throw new DamagedHead(folder, (error as Error).message);
  }
  const version = (content as { version?: unknown } | null)?.version ?? formatVersion;
  if (version !== formatVersion)
    throw badUsage(
      `${name} is of format ${excerpt(JSON.stringify(version), 20)}; this release reads format ${formatVersion}.`,
      'Use the release of Glovebox that wrote it, or a newer one.',
    );
  const parsed = headSchema.safeParse(content);
  if (!parsed.success)
    throw new DamagedHead(folder, `${name}: ${issueTexts(parsed.error.issues, 'run').join('; ')}.`);
  const { versions, device, startedAt } = parsed.data;
  return { plan: parsePlan(parsed.data.plan), versions, device, startedAt };
}

/** A trial in a folder: where it stands in trials.jsonl, and what analyses read of it. */
export interface FolderTrial {
  readonly span: Span;
  readonly digest: TrialDigest;
}

/** The trials in a folder by their place in the plan. If several are of one place, the last one counts. */
export interface FolderTrials {
  readonly byPlace: Map<number, FolderTrial>;
  readonly end: TrialsEnd;
}

/** @throws CommandError that names the file and the line of a trial that is damaged, or not of the plan */
export function readTrials(folder: string, trialOf: Placer): FolderTrials {
  const path = pathsIn(folder).trials;
  const byPlace = new Map<number, FolderTrial>();
  const end = eachTrial(path, (trial) => {
    const { place } = placed(path, trial, trialOf);
    byPlace.set(place, { span: trial.span, digest: digestOf(trial.record) });
  });
  return { byPlace, end };
}

/** The trial of the plan that a stored one is of. @throws CommandError that names the file and the line */
export function placed(path: string, { record, line }: StoredTrial, trialOf: Placer) {
  try {
    return trialOf(record);
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    throw badUsage(`${excerpt(path)}, line ${line}: ${error.message}`, error.advice);
  }
}

/** @throws CommandError when the file is damaged, or of another release */
export function readArtifacts(folder: string): readonly RunArtifact[] {
  const path = pathsIn(folder).artifacts;
  if (!existsSync(path)) return [];
  const content = readJson(path, 'file of artifacts');
  try {
    return artifactsInFile(content);
  } catch (error) {
    throw badUsage(
      `${excerpt(path)}: ${(error as Error).message}`,
      'Move it away, so that it is made again.',
    );
  }
}

/** The run in a folder, with what its analysis reads of each trial. @throws CommandError or LabError that names the file */
export function readRun(folder: string): RunContents {
  const head = readHead(folder);
  const { byPlace, end } = readTrials(folder, placerFor(expandPlan(head.plan, registries).chunks));
  if (end.torn > 0) console.error(`warning: ${tornLine(folder, end)} is left out.`);
  const artifacts = readArtifacts(folder);
  return { ...head, artifacts, digests: inOrder(byPlace).map(({ digest }) => digest) };
}

/** How messages name what an interrupted write left. */
export const tornLine = (folder: string, { torn }: TrialsEnd): string =>
  `an incomplete line of ${torn} bytes at the end of ${excerpt(pathsIn(folder).trials)}`;

export const inOrder = (byPlace: ReadonlyMap<number, FolderTrial>): readonly FolderTrial[] =>
  [...byPlace].toSorted(([a], [b]) => a - b).map(([, trial]) => trial);

export const summaryOf = (
  { plan, device, digests, artifacts }: RunContents,
  labels: Labels | null = null,
): RunSummary => summarize(plan, device, registries.evaluators.all, digests, labels, artifacts);

export function writeHead(folder: string, { plan, versions, device, startedAt }: RunHead): void {
  const head = { version: formatVersion, plan, versions, device, startedAt };
  writeWhole(pathsIn(folder).run, `${JSON.stringify(head, null, 2)}\n`);
}

/** Write trials.jsonl of a folder from lines of such files, byte for byte. */
export function writeTrialLines(
  folder: string,
  lines: Iterable<{ readonly path: string; readonly span: Span }>,
): void {
  const files = new Map<string, number>();
  const open = (path: string) => {
    const file = files.get(path) ?? openSync(path, 'r');
    files.set(path, file);
    return file;
  };
  function* opened() {
    for (const { path, span } of lines) yield { file: open(path), span };
  }
  try {
    writeWhole(pathsIn(folder).trials, (to) => copyLines(opened(), to));
  } finally {
    for (const file of files.values()) closeSync(file);
  }
}

/** @returns the summary that it holds */
export function writeReport(folder: string, run: RunContents, labels: Labels | null = null): RunSummary {
  const summary = summaryOf(run, labels);
  const source = {
    ...run,
    summary,
    finished: run.digests.length,
    total: expandPlan(run.plan, registries).total,
    name: nameOf,
  };
  writeWhole(pathsIn(folder).report, report(source));
  return summary;
}
