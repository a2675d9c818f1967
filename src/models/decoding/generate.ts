/**
 * @file The decode loop that every grey-box runtime shares: batches of requests, policies over several models, abort
 * within a step. A runtime supplies decode sessions and nothing else.
 */
import type { Generation, LanguageModel } from '../contract/black-box.ts';
import { untilAborted, whenAllAborted } from './abort.ts';
import { joinRequests, turn } from './join.ts';
import { checkWatch, chooseToken, createRow, generationOf, type Request, type Row } from './row.ts';
import type { DecodeSession, DecodeSource } from './session.ts';

/** The event loop gets a turn at least this often, so that a stop request takes effect within a step or two. */
const turnEveryMs = 12;

/**
 * `generate` of the contract, built on `open` of `model`. A request's result does not depend on the other requests of its
 * batch, provided that a row of the model's sessions does not depend on the other rows.
 */
export function createGenerate(
  model: DecodeSource,
  { maxBatch = 16 }: { readonly maxBatch?: number } = {},
): LanguageModel['generate'] {
  const ask = joinRequests<Request, Generation>(
    async (requests, { resolve, reject }) => {
      const policy = requests[0]!.options.policy;
      const companions = policy && policy.steps > 0 ? policy.companions : [];
      let rows: Row[] = [];
      requests.forEach((request, index) => {
        try {
          request.options.signal?.throwIfAborted();
          rows.push(createRow(model, companions, policy?.steps ?? 0, request, index));
        } catch (reason) {
          reject(index, reason);
        }
      });
      if (rows.length === 0) return;

      const sessions: DecodeSession[] = [];
      const { signal, release } = whenAllAborted(rows.map(({ options }) => options.signal));
      try {
        const sources = [model, ...companions.map((companion) => companion.model)];
        for (const [place, source] of sources.entries()) {
          const prompts = rows.map((row) => row.prompts[place]!);
          sessions.push(await source.open(prompts, { signal }));
        }
        let lastTurn = performance.now();
        for (let step = 0; rows.length > 0; step++) {
          const acting = policy && step < policy.steps ? policy : undefined;
          for (const [place, row] of rows.entries()) {
            try {
              const [base, ...others] = sessions.map((session) => session.logits(place));
              chooseToken(row, base!, others, acting, step, model.tokenizer);
            } catch (reason) {
              reject(row.index, reason);
              row.failed = true;
            }
          }
          if (rows.some(({ options }) => options.watch))
            await Promise.all(
              rows.map((row) =>
                checkWatch(row).catch((reason: unknown) => {
                  reject(row.index, reason);
                  row.failed = true;
                }),
              ),
            );
          if (performance.now() - lastTurn > turnEveryMs) {
            await turn();
            lastTurn = performance.now();
          }
          // The companions are released once the policy is done.
          if (policy && step + 1 === policy.steps) await closeAll(sessions.splice(1));
          const open: number[] = [];
          for (const [place, row] of rows.entries()) {
            if (row.options.signal?.aborted) reject(row.index, row.options.signal.reason);
            else if (row.finish !== null) resolve(row.index, generationOf(row, row.finish, model.tokenizer));
            else if (!row.failed) open.push(place);
          }
          if (open.length === 0) return;
          if (open.length < rows.length) {
            rows = open.map((place) => rows[place]!);
            for (const session of sessions) await session.keep(open);
          }
          const tokens = rows.map(({ ids }) => ids.at(-1)!);
          for (const session of sessions) await session.advance(tokens);
        }
      } finally {
        release();
        await closeAll(sessions);
      }
    },
    { maxBatch, groupOf: ({ options }) => options.policy },
  );
  return (messages, options) => untilAborted(ask({ messages, options }), options.signal);
}

async function closeAll(sessions: readonly DecodeSession[]): Promise<void> {
  for (const session of sessions) await session.close();
}
