/**
 * @file The decode loop that every grey-box runtime shares: sampling by seed, stop strings, policies over several
 * models, per-row end of text, abort within a step. A runtime supplies decode sessions and nothing else.
 */
import type { ChatMessage } from '../../core/chat.ts';
import { LabError } from '../../core/errors.ts';
import { createRandom, type Random } from '../../core/random.ts';
import {
  greedy,
  type DecodeSession,
  type FinishReason,
  type GenerateOptions,
  type Generation,
  type LanguageModel,
  type ScoringModel,
} from '../language-model.ts';
import { joinRequests, turn } from './join.ts';
import type { DecodingPolicy, TokenOption, TokenTrace } from './policy.ts';
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
  readonly promptTokens: number;
  readonly room: number;
  readonly random: Random;
  readonly ids: number[];
  readonly tokens: TokenTrace[];
  text: string;
  finish: FinishReason | null;
}

/** A macrotask at least this often, so that a stop request is seen within a step or two. */
const turnEveryMs = 12;

/** `generate` of the contract, built on `open` of `model`. */
export function createGenerate(
  model: Pick<ScoringModel, 'tokenizer' | 'contextWindow' | 'open' | 'id'>,
  { maxBatch = 16 }: { readonly maxBatch?: number } = {},
): LanguageModel['generate'] {
  const ask = joinRequests<Request, Generation>(
    async (requests, { resolve, reject }) => {
      const policy = requests[0]!.options.policy;
      const prompts: number[][] = [];
      const admitted: Request[] = [];
      let rows: Row[] = [];
      requests.forEach((request, index) => {
        const { options } = request;
        if (options.signal?.aborted) return reject(index, options.signal.reason);
        try {
          const prompt = model.tokenizer.prompt(request.messages, options);
          const room = Math.min(options.maxNewTokens, model.contextWindow - prompt.length);
          if (room < 1) throw overflow(model, prompt.length);
          prompts.push(prompt);
          admitted.push(request);
          rows.push(newRow(index, options, prompt.length, room));
        } catch (reason) {
          reject(index, reason);
        }
      });
      if (rows.length === 0) return;

      const base = await model.open(prompts);
      const companions: DecodeSession[] = [];
      try {
        for (const { model: other, rewrite } of policy?.companions ?? [])
          companions.push(
            await other.open(
              admitted.map(({ messages, options }) =>
                other.tokenizer.prompt(rewrite ? rewrite(messages) : messages, options),
              ),
            ),
          );
        let lastTurn = performance.now();
        for (let step = 0; rows.length > 0; step++) {
          if (companions.length > 0 && step >= policy!.steps) await closeAll(companions.splice(0));
          const acting = policy && step < policy.steps ? policy : undefined;
          const chosen = rows.map((row, place) =>
            chooseToken(
              row,
              base.logits(place),
              companions.map((session) => session.logits(place)),
              acting,
              step,
              model.tokenizer,
            ),
          );
          if (performance.now() - lastTurn > turnEveryMs) {
            await turn();
            lastTurn = performance.now();
          }
          const open: number[] = [];
          rows.forEach((row, place) => {
            const { signal } = row.options;
            if (signal?.aborted) reject(row.index, signal.reason);
            else if (row.finish === null) open.push(place);
            else resolve(row.index, finished(row, row.finish));
          });
          if (open.length < rows.length) {
            if (open.length > 0) for (const session of [base, ...companions]) await session.keep(open);
            rows = open.map((place) => rows[place]!);
          }
          if (rows.length > 0) {
            const tokens = open.map((place) => chosen[place]!);
            for (const session of [base, ...companions]) await session.advance(tokens);
          }
        }
      } finally {
        await closeAll([base, ...companions]);
      }
    },
    { maxBatch, groupOf: ({ options }) => options.policy },
  );
  return (messages, options) => ask({ messages, options });
}

const newRow = (index: number, options: GenerateOptions, promptTokens: number, room: number): Row => ({
  index,
  options,
  promptTokens,
  room,
  random: createRandom(options.seed ?? '0').fork('sampling'),
  ids: [],
  tokens: [],
  text: '',
  finish: null,
});

/** Choose the next token of a row, record it, and decide whether the row is finished. */
function chooseToken(
  row: Row,
  base: Float32Array,
  companions: readonly Float32Array[],
  policy: DecodingPolicy | undefined,
  step: number,
  tokenizer: ScoringModel['tokenizer'],
): number {
  const { options } = row;
  const logits = policy ? policy.next({ index: step, base, companions }) : base;
  const id = sample(logits, options.sampling ?? greedy, row.random);
  if (tokenizer.endIds.has(id)) {
    row.finish = 'end';
    return id;
  }
  row.ids.push(id);
  const text = tokenizer.decode(row.ids);
  const added = text.startsWith(row.text) ? text.slice(row.text.length) : '';
  const stop = earliestStop(text, options.stop);
  row.text = stop === null ? text : text.slice(0, stop);

  const count = options.topTokens ?? 0;
  if (count > 0 || options.onToken) {
    const logProbs = logSoftmax(logits);
    const list = (values: Float32Array): TokenOption[] =>
      topIds(values, count).map((top) => ({ id: top, text: tokenizer.decode([top]), logProb: values[top]! }));
    const token: TokenTrace = {
      id,
      text: added,
      logProb: logProbs[id]!,
      top: list(logProbs),
      ...(policy && {
        policy: {
          id: policy.id,
          base: list(logSoftmax(base)),
          companions: companions.map((other) => list(logSoftmax(other))),
        },
      }),
    };
    if (count > 0) row.tokens.push(token);
    options.onToken?.(token, row.text);
  }
  if (stop !== null) row.finish = 'stop-string';
  else if (row.ids.length >= row.room) row.finish = 'length';
  return id;
}

function earliestStop(text: string, stops: readonly string[] = []): number | null {
  const found = stops.map((stop) => text.indexOf(stop)).filter((at) => at >= 0);
  return found.length > 0 ? Math.min(...found) : null;
}

const finished = (row: Row, finishReason: FinishReason): Generation => ({
  text: row.text,
  finishReason,
  tokens: row.tokens,
  promptTokens: row.promptTokens,
  completionTokens: row.ids.length,
  events: [],
});

async function closeAll(sessions: readonly DecodeSession[]): Promise<void> {
  for (const session of sessions) await session.close();
}

const overflow = (model: { readonly id: string; readonly contextWindow: number }, length: number) =>
  new LabError(
    'context-overflow',
    `The prompt has ${length} tokens; ${model.id} can attend to ${model.contextWindow}, prompt and answer together.`,
    {
      advice:
        'Shorten the prompt, drop demonstrations or earlier turns, or pick a model with a longer context.',
    },
  );
