/** @file A helper in a worker of its own: the worker's side, and the side of the lab worker that starts it. */
import { proxy } from 'comlink';
import type { Outcome } from '../../core/errors.ts';
import { LabError, outcomeOf } from '../../core/errors.ts';
import { storedEntries } from '../../models/stored-entry.ts';
import type { AttackStep } from '../../attacks/attack.ts';
import type { Plan } from '../plan/plan.ts';
import type { AttackOutcome } from '../records/trial.ts';
import { createHelper, type Helper, type TargetJob } from '../run/helper.ts';
import type { PlacedRecord } from '../trials/placement.ts';
import { registries as everything, type Registries } from '../trials/registries.ts';
import type { SetStore } from '../sets/set-store.ts';
import { namedSets, withSets } from '../trials/sets.ts';
import { inBatches } from './batches.ts';
import { connect, type WorkerLike } from './connection.ts';
import { createHostModels, type HostModelsOptions } from './host-models.ts';

/** Of a worker that is a helper. */
export const helperName = 'lab-helper';

type Steps = readonly (readonly [place: number, step: AttackStep])[];

export interface HelperApi {
  lifeline(): Promise<string | null>;
  open(job: TargetJob): Promise<Outcome<void>>;
  run(
    place: number,
    outcomes: ReadonlyMap<string, AttackOutcome>,
    onSteps: (steps: Steps) => void,
  ): Promise<Outcome<readonly PlacedRecord[]>>;
}

export interface HelperHost extends HostModelsOptions {
  readonly lifeline?: Promise<string | null>;
  readonly registries?: Registries;
  readonly setStore?: SetStore | undefined;
  readonly warmsUp?: boolean;
}

/** What a helper's worker offers. It uses no worker globals, so tests call it directly. */
export function createHelperLab({
  lifeline,
  registries = everything,
  warmsUp,
  setStore,
  ...host
}: HelperHost): HelperApi {
  const withStored = async (plan: Plan): Promise<Registries> => {
    const stored = (await host.modelStore?.list().catch(() => [])) ?? [];
    const named = namedSets(plan).filter(({ set }) => !registries.sets.has(set));
    const sets = (await setStore?.find(named)) ?? [];
    return withSets(
      { ...registries, models: [...registries.models, ...storedEntries(stored, registries.models)] },
      sets,
    );
  };
  const helper = createHelper(createHostModels({ ...host, sharesCores: () => true }).pool, withStored, {
    warmsUp: warmsUp ?? false,
  });
  return {
    lifeline: async () => lifeline ?? null,
    open: (job) => outcomeOf(() => helper.open(job)),
    run: (place, outcomes, onSteps) =>
      outcomeOf(async () => {
        const steps = inBatches(onSteps);
        try {
          return await helper.run(place, outcomes, (at, step) => steps.add([at, step]));
        } finally {
          await steps.close();
        }
      }),
  };
}

/** A helper in `worker`. */
export function helperIn(worker: WorkerLike): Helper {
  const { lab, ended, end } = connect<HelperApi>(worker);
  const valueOf = async <T>(call: Promise<Outcome<T>>): Promise<T> => {
    const outcome = await Promise.race([ended, call]);
    if (outcome.status === 'done') return outcome.value;
    const message = outcome.status === 'failed' ? outcome.message : 'The helper was ended.';
    throw new LabError('worker-died', message, { advice: 'Another worker goes on with its trials.' });
  };
  return {
    open: (job) => valueOf(lab.open(job)),
    run: (place, outcomes, onStep) => {
      const onSteps = (steps: Steps) => steps.forEach(([at, step]) => onStep(at, step));
      return valueOf(lab.run(place, outcomes, proxy(onSteps)) as Promise<Outcome<readonly PlacedRecord[]>>);
    },
    end: () => end({ status: 'cancelled' }),
  };
}
