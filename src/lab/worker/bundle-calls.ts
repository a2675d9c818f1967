/** @file The worker's calls on run bundles. */
import { LabError, outcomeOf, type Outcome } from '../../core/errors.ts';
import { openBundle } from '../bundle/read-bundle.ts';
import { setsOf, storeBundle } from '../bundle/store-bundle.ts';
import { writeBundle } from '../bundle/write-bundle.ts';
import type { SetStore } from '../sets/set-store.ts';
import type { RunStore } from '../store/run-store.ts';
import type { LabApi } from './api.ts';

/** @param stoppable makes a call that `cancel` can reach under its id */
export function bundleCalls(
  stores: { readonly store: RunStore | Promise<RunStore>; readonly setStore?: SetStore | undefined },
  stoppable: <T>(callId: string, work: (signal: AbortSignal) => Promise<T>) => Promise<Outcome<T>>,
): Pick<LabApi, 'bundle' | 'openBundle'> {
  return {
    bundle: (runId) =>
      outcomeOf(async () => {
        const store = await stores.store;
        const [run, plan] = [await store.run(runId), await store.plan(runId)];
        if (!run || !plan)
          throw new LabError('bad-input', 'This device does not hold this run.', {
            advice: 'Open a run of the list, then save it.',
          });
        const { device, versions, createdAt: startedAt, total } = run;
        return writeBundle({
          ...{ runId, plan, device, versions, startedAt, total },
          trials: store.trials(runId),
          artifacts: await store.artifacts(runId),
          labels: await store.labels(runId),
          sets: await setsOf(plan, stores.setStore),
        });
      }),
    openBundle: (callId, file) =>
      stoppable(callId, async (signal) =>
        storeBundle(await openBundle(file, signal), { store: await stores.store, sets: stores.setStore }),
      ),
  };
}
