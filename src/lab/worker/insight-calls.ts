/** @file The worker's call that looks inside models. */
import { LabError, type Outcome } from '../../core/errors.ts';
import { isWhiteBox, type WhiteBoxModel } from '../../models/language-model.ts';
import { inspect } from '../insight/inspect.ts';
import { findModel } from '../plan/find-models.ts';
import { parseInsightRequest } from '../plan/insight-request.ts';
import type { ModelPool } from '../run/model-pool.ts';
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
        const loaded = async (id: string): Promise<WhiteBoxModel> => {
          const model = await models.get(findModel(all, id), { access: 'white-box', signal });
          if (isWhiteBox(model)) return model;
          throw new LabError('not-supported', `Nobody can look inside ${id}: it gives no hidden states.`, {
            advice: 'Pick a model of the Llama family whose weights are here.',
          });
        };
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
