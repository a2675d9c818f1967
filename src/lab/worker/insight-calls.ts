/** @file The worker's calls that look inside models and at what training left. */
import type { Outcome } from '../../core/errors.ts';
import { inspect } from '../insight/inspect.ts';
import { relearning, usualRelearning } from '../insight/relearning.ts';
import { findModel } from '../plan/find-models.ts';
import { parseInsightRequest } from '../plan/insight-request.ts';
import { parseRelearningRequest } from '../plan/relearning-request.ts';
import type { RelearningCurve, RelearningPoint } from '../records/insight.ts';
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
): Pick<LabApi, 'insight' | 'relearning'> {
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
    relearning: (callId, input, onEvent) =>
      stoppable(callId, async (signal) => {
        const request = parseRelearningRequest(input);
        const all = await registries([{ set: request.set }]);
        const data = dataOf(request);
        const { behaviors } = setNamed({ set: request.set }, all.sets);
        const forbidden = behaviors.filter(({ kind }) => kind === 'harmful').slice(0, request.limit);
        const told = relay(onEvent);
        const curves: RelearningCurve[] = [];
        for (const id of request.models) {
          const model = await whiteBoxOf(models, findModel(all, id), signal);
          const points: RelearningPoint[] = [];
          for await (const point of relearning(model, data, forbidden, usualRelearning(request, signal))) {
            points.push(point);
            told.send({ model: id, point });
          }
          curves.push({ model: id, relearning: points });
        }
        await told.settled();
        return curves;
      }),
  };
}
