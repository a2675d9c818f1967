/**
 * @file The decode loop that every grey-box runtime shares: sampling by seed, stop strings, policies over several
 * models, per-row end of text, abort within a step. A runtime supplies decode sessions and nothing else.
 */
import type { ChatMessage } from '../../core/chat.ts';
import { createRandom, type Random } from '../../core/random.ts';
import type { ChatTokenizer } from '../chat-tokenizer.ts';
import {
  greedy,
  type DecodeSession,
  type FinishReason,
  type GenerateOptions,
  type Generation,
  type LanguageModel,
  type ScoringModel,
} from '../language-model.ts';
import { untilAborted, whenAllAborted } from './abort.ts';
import { checkSequence, contextOverflow, refuseEdit } from './checks.ts';
import { joinRequests, turn } from './join.ts';
import { divergence, entropy } from './measures.ts';
import type { Companion, DecodingPolicy, TokenOption, TokenTrace } from './policy.ts';
import { logSoftmax, sample, topIds } from './sampler.ts';

interface Request {
  readonly messages: readonly ChatMessage[];
  readonly options: GenerateOptions;
}

/** One request while it is being decoded. */
interface Row {
  /** Place in the batch. */
  readonly index: number;
  readonly options: GenerateOptions;
  /** Of the model, then of each companion. */
  readonly prompts: readonly (readonly number[])[];
  /** Most new tokens. */
  readonly room: number;
  readonly random: Random;
  /** Ids of the assistant prefix. */
  readonly prefix: readonly number[];
  readonly ids: number[];
  readonly tokens: TokenTrace[];
  text: string;
  finish: FinishReason | null;
  /** Tokens at the last look of `options.watch`. */
  seen: number;
  /** Rejected; its place in the batch is given up. */
  failed: boolean;
}

/** A macrotask at least this often, so that a stop request is seen within a step or two. */
const turnEveryMs = 12;

/**
 * `generate` of the contract, built on `open` of `model`. A request's result does not depend on what shares its batch
 * if that is so for the sessions of `model`.
 */
export function createGenerate(
  model: Pick<ScoringModel, 'tokenizer' | 'contextWindow' | 'open' | 'id'>,
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
          rows.push(admit(model, companions, policy?.steps ?? 0, request, index));
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
            const [base, ...others] = sessions.map((session) => session.logits(place));
            try {
              chooseToken(row, base!, others, acting, step, model.tokenizer);
            } catch (reason) {
              reject(row.index, reason);
              row.failed = true;
            }
          }
          if (rows.some(({ options }) => options.watch))
            await Promise.all(
              rows.map((row) =>
                look(row, model.tokenizer).catch((reason: unknown) => {
                  reject(row.index, reason);
                  row.failed = true;
                }),
              ),
            );
          if (performance.now() - lastTurn > turnEveryMs) {
            await turn();
            lastTurn = performance.now();
          }
          // The companions are not asked again once the policy is done.
          if (policy && step + 1 === policy.steps) await closeAll(sessions.splice(1));
          const open: number[] = [];
          for (const [place, row] of rows.entries()) {
            if (row.options.signal?.aborted) reject(row.index, row.options.signal.reason);
            else if (row.finish !== null) resolve(row.index, finished(row, row.finish, model.tokenizer));
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

/**
 * @throws LabError 'context-overflow' if the model, or a companion, has no room for one new token
 * @throws LabError 'not-supported' for an edit, which has no place in a decode loop
 */
function admit(
  model: Pick<ScoringModel, 'id' | 'contextWindow' | 'tokenizer'>,
  companions: readonly Companion[],
  steps: number,
  { messages, options }: Request,
  index: number,
): Row {
  refuseEdit(model.id, options);
  const { id, contextWindow, tokenizer } = model;
  if (options.forced?.length)
    checkSequence({ id, contextWindow, vocabSize: tokenizer.vocabSize }, options.forced);
  const prompt = model.tokenizer.prompt(messages, options);
  if (prompt.length >= model.contextWindow) throw contextOverflow(model, prompt.length);
  let room = Math.min(options.maxNewTokens, model.contextWindow - prompt.length);
  const prompts = [prompt];
  for (const { model: other, rewrite } of companions) {
    const own = other.tokenizer.prompt(rewrite ? rewrite(messages) : messages, options);
    const ownRoom = other.contextWindow - own.length;
    if (ownRoom < 1) throw contextOverflow(other, own.length);
    // A companion that is released in time limits nothing.
    if (ownRoom < steps) room = Math.min(room, ownRoom);
    prompts.push(own);
  }
  return {
    index,
    options,
    prompts,
    room,
    random: createRandom(options.seed ?? '0').fork('sampling'),
    prefix: options.assistantPrefix ? model.tokenizer.encode(options.assistantPrefix) : [],
    ids: [],
    tokens: [],
    text: '',
    finish: null,
    seen: 0,
    failed: false,
  };
}

/** Choose the next token of a row, record it, and decide whether the row is finished. */
function chooseToken(
  row: Row,
  base: Float32Array,
  companions: readonly Float32Array[],
  policy: DecodingPolicy | undefined,
  step: number,
  tokenizer: ChatTokenizer,
): void {
  const { options } = row;
  const logits = policy ? policy.next({ index: step, base, companions }) : base;
  // A draw is made for a forced token too, so that forcing what was drawn before leads to the same answer.
  const drawn = sample(logits, options.sampling ?? greedy, row.random);
  const id = options.forced?.[step] ?? drawn;
  if (tokenizer.endIds.has(id)) {
    row.finish = 'end';
    return;
  }
  row.ids.push(id);
  if (row.ids.length >= row.room) row.finish = 'length';

  const count = options.topTokens ?? 0;
  const recorded = count > 0 || options.onToken !== undefined;
  if (!recorded && !options.stop?.length) return;
  // A character of which only some bytes are there decodes to U+FFFD; it is shown when it is whole.
  const text = textOf(row, tokenizer).replace(/\uFFFD+$/, '');
  const added = text.startsWith(row.text) ? text.slice(row.text.length) : '';
  const stop = earliestStop(text, options.stop);
  row.text = stop === null ? text : text.slice(0, stop);
  if (stop !== null) row.finish = 'stop-string';
  if (!recorded) return;

  const logProbs = logSoftmax(logits);
  const unsteered = policy && logSoftmax(base);
  const list = (values: Float32Array): TokenOption[] =>
    topIds(values, count).map((top) => ({ id: top, text: tokenizer.decode([top]), logProb: values[top]! }));
  const token: TokenTrace = {
    id,
    text: added,
    logProb: logProbs[id]!,
    top: list(logProbs),
    ...(count > 0 && { entropy: entropy(logProbs) }),
    ...(policy &&
      unsteered && {
        policy: {
          id: policy.id,
          ...(count > 0 && { divergence: divergence(logProbs, unsteered) }),
          base: list(unsteered),
          companions: companions.map((other) => list(logSoftmax(other))),
        },
      }),
  };
  if (count > 0) row.tokens.push(token);
  options.onToken?.(token, row.text);
}

/** Show the answer so far to whoever watches it, when it is time or the answer is done. */
async function look(row: Row, tokenizer: ChatTokenizer): Promise<void> {
  const { ids, finish, options, failed } = row;
  if (!options.watch || failed || ids.length === row.seen) return;
  if (finish === null && ids.length % options.watch.every !== 0) return;
  row.seen = ids.length;
  const text = finish === 'stop-string' ? row.text : textOf(row, tokenizer);
  if (await options.watch.stop(text, ids.length)) row.finish = 'blocked';
}

/** Text of the new tokens. Decoded after the prefix, since some tokenizers drop a leading space. */
function textOf({ prefix, ids }: Row, tokenizer: ChatTokenizer): string {
  if (prefix.length === 0) return tokenizer.decode(ids);
  return tokenizer.decode([...prefix, ...ids]).slice(tokenizer.decode(prefix).length);
}

function earliestStop(text: string, stops: readonly string[] = []): number | null {
  const found = stops.map((stop) => text.indexOf(stop)).filter((at) => at >= 0);
  return found.length > 0 ? Math.min(...found) : null;
}

const finished = (row: Row, finishReason: FinishReason, tokenizer: ChatTokenizer): Generation => ({
  text: finishReason === 'stop-string' ? row.text : textOf(row, tokenizer),
  finishReason,
  tokens: row.tokens,
  promptTokens: row.prompts[0]!.length,
  completionTokens: row.ids.length,
  events: [],
});

async function closeAll(sessions: readonly DecodeSession[]): Promise<void> {
  for (const session of sessions) await session.close();
}
