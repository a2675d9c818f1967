/** @file The worker's call that looks inside models. */
import type { Outcome } from '../../core/errors.ts';
import { inspect } from '../insight/inspect.ts';
import { findModel } from '../plan/find-models.ts';
import { parseInsightRequest } from '../plan/insight-request.ts';
import { whiteBoxOf, type ModelPool } from '../run/model-pool.ts';
import { dataOf } from '../training/training-data.ts';
import type { Registries } from '../trials/registries.ts';
import { setNamed, type NamedSet } from '../trials/sets.ts';
import type { LabApi } from './api.ts';
import { relay } from './batches.ts';

export function insightCalls(
  {
    models,
    registries,
  }: {
    readonly models: ModelPool;
    readonly registries: (named: readonly NamedSet[]) => Promise<Registries>;
  },
  stoppable: <T>(callId: string, work: (signal: AbortSignal) => Promise<T>) => Promise<Outcome<T>>,
): Pick<LabApi, 'insight'> {
  return {
    insight: (callId, input, onProgress) =>
      stoppable(callId, async (signal) => {
        const request = parseInsightRequest(input);
        const all = await registries([{ set: request.set }]);
        const loaded = (id: string) => whiteBoxOf(models, findModel(all, id), signal);
        const progress = relay(onProgress);
        const report = await inspect({
          request,
          set: setNamed({ set: request.set }, all.sets),
          base: request.base === undefined ? null : await loaded(request.base),
          model: await loaded(request.model),
          data: request.relearning ? dataOf(request.relearning) : null,
          signal,
          onProgress: progress.send,
        });
        await progress.settled();
        return report;
      }),
  };
}
