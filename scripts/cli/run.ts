/** @file `run`: a plan from start to end, or from where it was left. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { RunEvent } from '../../src/lab/records/events.ts';
import type { DeviceKind } from '../../src/lab/records/run.ts';
import { artifactFile, withArtifact, type RunArtifact } from '../../src/lab/plan/artifacts.ts';
import type { Plan } from '../../src/lab/plan/plan.ts';
import type { TrialRecord } from '../../src/lab/records/trial.ts';
import { versions } from '../../src/lab/records/versions.ts';
import { badUsage, checking, valueOf } from './failure.ts';
import { readPlan, type PlanChoices } from './plan-file.ts';
import { printSummary } from './print-summary.ts';
import { createProgress } from './progress.ts';
import { pathsIn, readRun, writeHead, writeRun } from './run-folder.ts';
import { bring, inSession } from './session.ts';
import { appendTrial, readTrials, writeTrials } from './trial-file.ts';

/** Where a run is written, and how it is computed. */
export interface FolderOptions {
  readonly out: string;
  readonly resume?: true;
  readonly device: DeviceKind;
  readonly json?: true;
}

export const run = (planPath: string, options: FolderOptions & PlanChoices): Promise<void> =>
  runInto({ plan: checking(() => readPlan(planPath, options)) }, options);

export interface Job {
  readonly plan: Plan;
  /** For a plan with `replay`: trials of the run whose attack results are put to its targets. */
  readonly sources?: readonly TrialRecord[];
}

/** Run a plan, or go on with it, in its folder. */
export async function runInto({ plan, sources = [] }: Job, options: FolderOptions): Promise<void> {
  const { run: runPath, trials: trialsPath, artifacts: artifactsPath } = pathsIn(options.out);
  const before = checking(() => {
    const before = readTrials(trialsPath);
    if (!options.resume && before.length > 0)
      throw badUsage(
        `${options.out} already holds a run.`,
        'Go on with it by --resume, or name another folder.',
      );
    if (options.resume) checkSameRun(runPath, plan, options.device);
    return before;
  });
  mkdirSync(options.out, { recursive: true });
  writeTrials(trialsPath, before);
  if (before.length > 0) console.error(`Going on from ${before.length} finished trials.`);

  const progress = createProgress();
  /** What defenses learned; the plan editor reads the file, and a plan can give an entry as `artifact`. */
  let learned: readonly RunArtifact[] = [];
  const onEvents = (events: unknown) => {
    for (const event of events as readonly RunEvent[]) {
      if (event.type === 'artifact') {
        const { type: _, ...one } = event;
        learned = withArtifact(learned, one);
        const file = artifactFile(learned, new Date().toISOString());
        writeFileSync(artifactsPath, `${JSON.stringify(file)}\n`);
      }
      if (event.type !== 'trial') continue;
      const { record, finished, total } = event;
      appendTrial(trialsPath, record);
      const what = `${record.model} × ${record.defense} × ${record.attack} × ${record.behavior}`;
      progress(finished, total, what, finished === total);
    }
  };
  const startedAt = new Date().toISOString();
  const summary = await inSession(options.device, onEvents, async (page) => {
    const device = await page.evaluate(() => globalThis.glovebox!.device());
    writeHead(options.out, { plan, versions, device, startedAt });
    if (before.length > 0) {
      await bring(page, before);
      valueOf(await page.evaluate((sent) => globalThis.glovebox!.restore(sent), plan));
    }
    const stop = () => void page.evaluate(() => globalThis.glovebox!.stop()).catch(() => {});
    process.once('SIGINT', stop);
    try {
      await bring(page, sources);
      const summary = valueOf(await page.evaluate((sent) => globalThis.glovebox!.run(sent), plan));
      // They came in the order in which they were done.
      writeRun(options.out, readRun(options.out));
      return summary;
    } finally {
      process.off('SIGINT', stop);
    }
  }).catch((error: unknown) => {
    console.error(`Finished trials are kept in ${trialsPath}; --resume goes on from them.`);
    throw error;
  });
  for (const warning of summary.integrity.warnings) console.error(`warning: ${warning}`);
  if (options.json) console.log(JSON.stringify(summary));
  else printSummary(summary);
}

/** @throws CommandError when the folder holds a run of something else */
function checkSameRun(runPath: string, plan: Plan, device: DeviceKind): void {
  if (!existsSync(runPath)) return;
  const before = JSON.parse(readFileSync(runPath, 'utf8')) as { plan: Plan; device: { kind: DeviceKind } };
  const content = ({ $schema: _, ...rest }: Plan) => JSON.stringify(rest);
  if (content(before.plan) !== content(plan))
    throw badUsage(`${runPath} is of another plan, seed or shard.`, 'Name another folder.');
  if (before.device.kind !== device)
    throw badUsage(`${runPath} ran on ${before.device.kind}; trials of two devices do not mix.`);
}
