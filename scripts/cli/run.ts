/** @file `run`: runs a plan, or continues a run. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { RunEvent } from '../../src/lab/records/events.ts';
import type { DeviceKind } from '../../src/lab/records/run.ts';
import { artifactFile, withArtifact, type RunArtifact } from '../../src/lab/plan/artifacts.ts';
import type { Plan } from '../../src/lab/plan/plan.ts';
import { trialLine } from '../../src/lab/records/export.ts';
import type { TrialRecord } from '../../src/lab/records/trial.ts';
import { versions } from '../../src/lab/records/versions.ts';
import { placeRecords } from '../../src/lab/trials/placement.ts';
import { registries } from '../../src/lab/trials/registries.ts';
import { expandPlan } from '../../src/lab/trials/trials.ts';
import { badUsage, readInput, valueOf } from './failure.ts';
import { readPlan, type PlanChoices } from './plan-file.ts';
import { printSummary } from './print-summary.ts';
import { createProgress } from './progress.ts';
import { pathsIn, readRun, summaryOf, writeHead, writeRun } from './run-folder.ts';
import { addSources, inSession } from './session.ts';
import { appendTrial, readTrials, writeTrials } from './trial-file.ts';

/** Where a run is written and on which device it is computed. */
export interface FolderOptions {
  readonly out: string;
  readonly resume?: true;
  readonly device: DeviceKind;
  readonly json?: true;
}

export const run = (planPath: string, options: FolderOptions & PlanChoices): Promise<void> =>
  runInto({ plan: readInput(() => readPlan(planPath, options)) }, options);

export interface Job {
  readonly plan: Plan;
  /** For a plan with `replay`: trials of the run whose attack results are reused. */
  readonly sources?: readonly TrialRecord[];
}

/** Run a plan in its folder, or continue its run there. */
export async function runInto({ plan, sources = [] }: Job, options: FolderOptions): Promise<void> {
  const { run: runPath, trials: trialsPath, artifacts: artifactsPath } = pathsIn(options.out);
  const storedTrials = readInput(() => {
    const trials = readTrials(trialsPath);
    if (!options.resume && trials.length > 0)
      throw badUsage(
        `${options.out} already holds a run.`,
        'Continue it with --resume, or name another folder.',
      );
    if (options.resume) checkSameRun(runPath, plan, options.device);
    return trials;
  });
  mkdirSync(options.out, { recursive: true });
  writeTrials(trialsPath, storedTrials);
  if (storedTrials.length > 0) console.error(`Continuing after ${storedTrials.length} finished trials.`);

  const progress = createProgress();
  /** The plan editor reads the file of these, and a plan can give an entry as `artifact`. */
  let artifacts: readonly RunArtifact[] = [];
  const onEvents = (events: unknown) => {
    for (const event of events as readonly RunEvent[]) {
      if (event.type === 'artifact') {
        const { type: _, ...artifact } = event;
        artifacts = withArtifact(artifacts, artifact);
        const file = artifactFile(artifacts, new Date().toISOString());
        writeFileSync(artifactsPath, `${JSON.stringify(file)}\n`);
      }
      if (event.type !== 'trial') continue;
      const { key, finished, total } = event;
      const what = `${key.model} × ${key.defense} × ${key.attack} × ${key.behavior}`;
      progress(finished, total, what, finished === total);
    }
  };
  const { chunks } = expandPlan(plan, registries);
  const placeOf = (records: readonly TrialRecord[]) => placeRecords(records, chunks);
  const kept = new Map(readInput(() => placeOf(storedTrials)).map(({ place, record }) => [place, record]));
  const places = [...kept.keys()];
  const keep = (lines: readonly string[]) => {
    const records = lines.map((line) => JSON.parse(line) as TrialRecord);
    for (const record of records) appendTrial(trialsPath, record);
    for (const { place, record } of placeOf(records)) kept.set(place, record);
  };
  const trial = (place: number) => {
    const record = kept.get(place);
    return record ? trialLine(record) : null;
  };
  const startedAt = new Date().toISOString();
  const summary = await inSession(options.device, { onEvent: onEvents, keep, trial }, async (page) => {
    const device = await page.evaluate(() => globalThis.glovebox!.device());
    writeHead(options.out, { plan, versions, device, startedAt });
    const stop = () => void page.evaluate(() => globalThis.glovebox!.stop()).catch(() => {});
    process.once('SIGINT', stop);
    try {
      await addSources(page, sources);
      const call = { plan, places };
      valueOf(await page.evaluate((run) => globalThis.glovebox!.run(run.plan, run.places), call));
      // The trials were appended in the order in which they finished; now they are in the order of the plan.
      const whole = readRun(options.out);
      writeRun(options.out, whole);
      return summaryOf(whole);
    } finally {
      process.off('SIGINT', stop);
    }
  }).catch((error: unknown) => {
    console.error(`Finished trials are in ${trialsPath}; --resume continues after them.`);
    throw error;
  });
  for (const warning of summary.integrity.warnings) console.error(`warning: ${warning}`);
  if (options.json) console.log(JSON.stringify(summary));
  else printSummary(summary);
}

/** @throws CommandError when the folder holds a run of another plan or on another device */
function checkSameRun(runPath: string, plan: Plan, device: DeviceKind): void {
  if (!existsSync(runPath)) return;
  const stored = JSON.parse(readFileSync(runPath, 'utf8')) as { plan: Plan; device: { kind: DeviceKind } };
  const content = ({ $schema: _, ...rest }: Plan) => JSON.stringify(rest);
  if (content(stored.plan) !== content(plan))
    throw badUsage(`${runPath} belongs to another plan, seed or shard.`, 'Name another folder.');
  if (stored.device.kind !== device)
    throw badUsage(`${runPath} ran on ${stored.device.kind}; trials of two devices cannot be mixed.`);
}
