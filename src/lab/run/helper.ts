/** @file A second worker that computes chunks of a run; the worker that holds the run hands them out and keeps the records. */
import type { AttackStep } from '../../attacks/attack.ts';
import type { Artifact } from '../../defenses/defense.ts';
import type { RoleEntries } from '../plan/find-models.ts';
import type { Plan } from '../plan/plan.ts';
import type { AttackOutcome } from '../records/trial.ts';
import type { PlacedRecord } from '../trials/placement.ts';
import type { Registries } from '../trials/registries.ts';
import { expandPlan, type Chunk, type Trial } from '../trials/trials.ts';
import type { Lane } from './lanes.ts';
import type { Lessons } from './learn.ts';
import type { ModelPool } from './model-pool.ts';
import { openTarget } from './target-run.ts';

/** The trials of a plan on one target, as plain data. */
export interface TargetJob {
  readonly plan: Plan;
  /** Id. */
  readonly target: string;
  readonly roles: RoleEntries;
  /** Of the first trial of each chunk that it may be given. */
  readonly places: readonly number[];
  readonly hasEdits: boolean;
  /** As `TargetRun.artifacts`: what was learned once is used by every worker. */
  readonly artifacts: readonly (readonly (Artifact | undefined)[])[];
  readonly lessons: Lessons;
}

export type OnStep = (place: number, step: AttackStep) => void;

/** Every method rejects once the worker has ended. */
export interface Helper {
  open(job: TargetJob): Promise<void>;
  /** @param place of the chunk's first trial */
  run(
    place: number,
    outcomes: ReadonlyMap<string, AttackOutcome>,
    onStep: OnStep,
  ): Promise<readonly PlacedRecord[]>;
  /** End the worker at once. */
  end(): void;
}

/** The helper's own side. It computes what `openTarget` computes: where a chunk is run changes no byte of its records. */
export function createHelper(
  models: ModelPool,
  registries: (plan: Plan) => Promise<Registries>,
  { warmsUp = false } = {},
): Omit<Helper, 'end'> {
  const { signal } = new AbortController(); // it is stopped by ending its worker
  let run: Helper['run'] = () => Promise.reject(new Error('The helper has no job.'));
  return {
    async open({ plan, target: id, roles, places, hasEdits, artifacts, lessons }) {
      const { resolved, chunks } = expandPlan(plan, await registries(plan));
      const target = resolved.targets.find((entry) => entry.id === id)!;
      const stacks = resolved.stacks.map(({ name, defenses }, s) => ({
        name,
        defenses: defenses.map((chosen, d) => ({ ...chosen, artifact: artifacts[s]?.[d] })),
      }));
      const byPlace = new Map(chunks.map((chunk) => [chunk.trials[0]!.place, chunk]));
      const own = new Map(places.map((place) => [place, byPlace.get(place)!]));
      // The stacks of chunks are named; what their defenses know is looked up by that name.
      const opened = await openTarget(
        target,
        { ...resolved, roles, stacks },
        {
          models,
          warmsUp,
          hasEdits,
          lessons,
          chunks: [...own.values()],
          signal,
          emit: () => {},
          onArtifact: async () => {},
        },
      );
      run = async (place, outcomes, onStep) => {
        const finished = await opened.run(own.get(place)!, new Map(outcomes), {
          signal,
          onStep: (trial, step) => onStep(trial.place, step),
        });
        return finished.map(({ place: at, record }) => ({ place: at, record }));
      };
    },
    run: (...call) => run(...call),
  };
}

export interface HelperLane {
  begin(chunk: Chunk): Promise<ReadonlyMap<string, AttackOutcome>>;
  finish(chunk: Chunk, finished: readonly PlacedRecord[]): Promise<void>;
  onStep(trial: Trial, step: AttackStep): void;
  /** Told of a chunk that comes back unfinished. */
  onLost(chunk: Chunk): void;
}

/**
 * The lane of a helper. Whatever goes wrong in the helper closes its lane alone, and the chunk goes to another: what is
 * wrong with the chunk itself comes up again where the run is held.
 */
export function helperLane(helper: Helper, job: TargetJob, run: HelperLane): Lane<Chunk> {
  return {
    ready: helper.open(job),
    lost: (error) => error instanceof HelperLost,
    async run(chunk, signal) {
      const outcomes = await run.begin(chunk);
      const trials = new Map(chunk.trials.map((trial) => [trial.place, trial]));
      const onStep: OnStep = (place, step) => void (signal.aborted || run.onStep(trials.get(place)!, step));
      const onAbort = () => helper.end();
      signal.addEventListener('abort', onAbort, { once: true });
      let finished: readonly PlacedRecord[];
      try {
        signal.throwIfAborted();
        finished = await helper.run(chunk.trials[0]!.place, outcomes, onStep);
      } catch (cause) {
        signal.throwIfAborted();
        run.onLost(chunk);
        throw new HelperLost('A helper ended.', { cause });
      } finally {
        signal.removeEventListener('abort', onAbort);
      }
      await run.finish(chunk, finished);
    },
  };
}

class HelperLost extends Error {}
