/** @file The worker's calls on stored runs. */
import { outcomeOf } from '../../core/errors.ts';
import { checkArtifact } from '../plan/artifacts.ts';
import { parsePlan, type Plan } from '../plan/plan.ts';
import type { RunInfo } from '../records/run.ts';
import type { RunEnvironment } from '../run/run-plan.ts';
import { isFree } from '../store/locks.ts';
import type { RunStore } from '../store/run-store.ts';
import { openRunWriter } from '../store/run-writer.ts';
import { placeRecords } from '../trials/placement.ts';
import type { Registries } from '../trials/registries.ts';
import { expandPlan } from '../trials/trials.ts';
import type { LabApi } from './api.ts';
import { createRunReader } from './run-reader.ts';

type StoredRunCalls = Pick<
  LabApi,
  | 'runs'
  | 'plan'
  | 'outline'
  | 'overview'
  | 'cell'
  | 'trial'
  | 'label'
  | 'exported'
  | 'inFormat'
  | 'artifacts'
  | 'checkArtifact'
  | 'restore'
  | 'inMemory'
  | 'inMemoryLines'
  | 'remove'
>;

interface StoredRuns {
  readonly store: RunStore | Promise<RunStore>;
  readonly shipped: Registries;
  /** What a run of the plan works with. */
  readonly lab: (plan: Plan) => Promise<Pick<RunEnvironment, 'registries' | 'store' | 'device'>>;
}

export function storedRunCalls(given: StoredRuns): StoredRunCalls {
  const { attacks, defenses, evaluators } = given.shipped;
  const reader = createRunReader(given.store, evaluators.all, (id) => attacks.get(id).access);
  return {
    runs: () =>
      outcomeOf(async () => {
        const store = await given.store;
        return Promise.all((await store.runs()).map((run) => withTrueState(run, store)));
      }),
    plan: (runId) => outcomeOf(() => reader.plan(runId)),
    outline: (runId) => outcomeOf(() => reader.outline(runId)),
    overview: (runId) => outcomeOf(() => reader.overview(runId)),
    cell: (runId, query) => outcomeOf(() => reader.cell(runId, query)),
    trial: (runId, key) => outcomeOf(() => reader.trial(runId, key)),
    label: (runId, key, label) => outcomeOf(() => reader.label(runId, key, label)),
    exported: (runId, format, options) => outcomeOf(() => reader.exported(runId, format, options)),
    inFormat: (runId, format) => outcomeOf(() => reader.inFormat(runId, format)),
    artifacts: (runId) => outcomeOf(async () => (await given.store).artifacts(runId)),
    checkArtifact: (defense, artifact) => outcomeOf(async () => checkArtifact(defenses, defense, artifact)),
    restore: (runId, input, records) =>
      outcomeOf(async () => {
        const lab = await given.lab(parsePlan(input));
        const expanded = expandPlan(input, lab.registries);
        const arriving = placeRecords(records, expanded.chunks);
        const run = await openRunWriter(runId, expanded, lab);
        try {
          await run.setState('paused');
          const storedPlaces = new Set(run.places);
          const fresh = arriving.filter(({ place }) => !storedPlaces.has(place));
          await run.append(fresh);
          return fresh.length;
        } finally {
          run.release();
        }
      }),
    inMemory: (runId) => outcomeOf(async () => (await given.store).inMemory(runId)?.count ?? 0),
    inMemoryLines: (runId) =>
      outcomeOf(async () => (await (await given.store).inMemory(runId)?.lines()) ?? new Blob([])),
    remove: (runId) =>
      outcomeOf(async () => {
        const store = await given.store;
        const release = await store.lock(runId);
        await store.remove(runId).finally(release);
      }),
  };
}

/** A run whose state is `running` but that no writer holds was cut off: it can go on from its last trial. */
async function withTrueState(run: RunInfo, store: RunStore): Promise<RunInfo> {
  return run.state === 'running' && (await isFree(store.lock, run.id)) ? { ...run, state: 'paused' } : run;
}
