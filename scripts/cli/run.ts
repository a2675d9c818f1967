/** @file `run`: runs a plan, or continues a run. */
import type { RunEvent } from '../../src/lab/records/events.ts';
import type { Plan } from '../../src/lab/plan/plan.ts';
import { limitReached } from '../../src/lab/plan/run-limits.ts';
import type { RunSummary } from '../../src/lab/records/summary.ts';
import { registries } from '../../src/lab/trials/registries.ts';
import type { ReplaySource } from '../../src/lab/trials/replay.ts';
import { expandPlan } from '../../src/lab/trials/trials.ts';
import { withBehaviors, type BehaviorChoices } from './behaviors-file.ts';
import { readInput, readLongInput, valueOf } from './failure.ts';
import { checkRunFolder, openRun, type CheckedFolder, type FolderChoices, type OpenRun } from './open-run.ts';
import type { PrecisionWish } from '../../src/models/precision.ts';
import { checkModelIds, modelsIn, planWithIds, type NamingOptions } from './models/named.ts';
import { readPlan, type PlanChoices } from './plan-file.ts';
import { printSummary } from './print-summary.ts';
import { createProgress, type Pace } from './progress.ts';
import { pathsIn } from './run-folder.ts';
import { addSources, inSession } from './session.ts';

/** Where a run is written and on which device it is computed. */
export interface FolderOptions extends FolderChoices {
  readonly precision: PrecisionWish;
  /** How many compute small models. Default: by cores and memory. */
  readonly workers?: number | undefined;
  readonly json?: true;
}

export async function run(
  planPath: string,
  options: FolderOptions & PlanChoices & NamingOptions & BehaviorChoices,
): Promise<void> {
  const named = await readLongInput(async () => withBehaviors(readPlan(planPath, options), options));
  const plan = await readLongInput(() => planWithIds(named, options));
  await runInto({ plan }, options);
}

export interface Job {
  readonly plan: Plan;
  /** For a plan with `replay`: trials of the run whose attack results are reused. */
  readonly sources?: readonly ReplaySource[];
}

/** Run a plan in its folder, or continue its run there. */
export async function runInto(job: Job, options: FolderOptions): Promise<void> {
  const { checked, total } = readInput(() => {
    const expanded = expandPlan(job.plan, registries);
    checkModelIds(modelsIn(job.plan));
    return { checked: checkRunFolder(expanded, options), total: expanded.total };
  });
  for (const note of checked.notes) console.error(note);
  const { head, trials } = checked;
  const isFinished = head !== null && trials.byPlace.size === total;
  const summary = isFinished
    ? finish(openRun(checked, head.device))
    : await compute(job, checked, total, options);
  for (const warning of summary.integrity.warnings) console.error(`warning: ${warning}`);
  if (options.json) console.log(JSON.stringify(summary));
  else printSummary(summary);
}

/** Run the trials that are missing, in a headless browser, and keep each in the folder as it is finished. */
async function compute(
  { sources = [] }: Job,
  checked: CheckedFolder,
  total: number,
  { device: kind, precision, workers }: FolderOptions,
): Promise<RunSummary> {
  const progress = createProgress();
  let pace: Pace | null = null;
  let done = checked.trials.byPlace.size;
  let what = 'starting';
  let folder: OpenRun | null = null;
  let fail!: (error: unknown) => void;
  /** Rejects when something cannot be written. Then the run ends, and nothing more is computed. */
  const failure = new Promise<never>((_, reject) => (fail = reject));
  failure.catch(() => {}); // it may come when nothing waits for it yet
  const writing = <T>(write: (folder: OpenRun) => T): T => {
    try {
      return write(folder!);
    } catch (error) {
      fail(error);
      throw error;
    }
  };
  const onEvent = (events: unknown) => {
    for (const event of events as readonly RunEvent[]) {
      if (event.type === 'artifact') {
        const { type: _, ...artifact } = event;
        writing((open) => open.addArtifact(artifact));
      }
      if (event.type === 'pace') {
        pace = event;
        if (done < total) progress(done, total, what, pace);
      }
      if (event.type === 'limit')
        console.error(limitReached(checked.plan.runLimits!, event.limit, event.notAsked));
      if (event.type !== 'trial') continue;
      const { key } = event;
      done = event.finished;
      what = `${key.model} × ${key.defense} × ${key.attack} × ${key.behavior}`;
      progress(done, total, what, pace, done === total);
    }
  };
  const handlers = {
    onEvent,
    keep: (lines: readonly string[]) => writing((open) => open.append(lines)),
    trial: (place: number) => writing((open) => open.trial(place)),
  };
  return inSession(
    kind,
    { ...handlers, precision, workers, models: modelsIn(checked.plan) },
    async (page) => {
      const device = await page.evaluate(() => globalThis.glovebox!.device());
      folder = openRun(checked, device);
      const stop = () => void page.evaluate(() => globalThis.glovebox!.stop()).catch(() => {});
      process.once('SIGINT', stop);
      try {
        await addSources(page, sources);
        const call = { plan: checked.plan, places: folder.places };
        const running = page.evaluate(({ plan, places }) => globalThis.glovebox!.run(plan, places), call);
        valueOf(await Promise.race([failure, running]));
        return finish(folder);
      } finally {
        process.off('SIGINT', stop);
      }
    },
  ).catch((error: unknown) => {
    console.error(`Finished trials are in ${pathsIn(checked.folder).trials}; --resume continues after them.`);
    throw error;
  });
}

function finish(folder: OpenRun): RunSummary {
  try {
    return folder.finish();
  } finally {
    folder.close();
  }
}
