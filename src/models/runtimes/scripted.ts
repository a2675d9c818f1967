/**
 * @file Models that follow a script, for tests and for lessons about the lab itself. Real implementations of the
 * contract, one per tier: `reply` makes a black box, `next` a grey box, `cost` a white box.
 */
import type { ChatMessage } from '../../core/chat.ts';
import { LabError } from '../../core/errors.ts';
import {
  cannotEdit,
  checkScoring,
  checkSequence,
  checkStep,
  contextOverflow,
  refuseEdit,
  type Limits,
} from '../decoding/checks.ts';
import { createGenerate } from '../decoding/generate.ts';
import { turn } from '../decoding/join.ts';
import { checkedScoring } from '../decoding/numbers.ts';
import { logSoftmax } from '../decoding/sampler.ts';
import type {
  DecodeSession,
  FinishReason,
  GenerateOptions,
  LanguageModel,
  ScoringModel,
  WhiteBoxModel,
} from '../language-model.ts';
import { scriptedTokenizer, type ScriptedTokenizer } from './scripted-tokenizer.ts';

interface Common {
  /** Default: `'scripted'`. */
  readonly id?: string;
  /** Default: 4096. */
  readonly contextWindow?: number;
  /** Default: one token per character. */
  readonly tokenizer?: ScriptedTokenizer;
}

/** The text of the answer, which continues `options.assistantPrefix` if there is one. */
export type Reply = (
  messages: readonly ChatMessage[],
  options: Pick<GenerateOptions, 'assistantPrefix' | 'assistantThought' | 'seed' | 'sampling' | 'signal'>,
) => string | Promise<string>;

/** Next-token logits of shape [V] after `ids`. The caller owns the array. */
export type Next = (ids: readonly number[], tokenizer: ScriptedTokenizer) => Float32Array;

export interface BlackBoxScript extends Common {
  readonly reply: Reply;
}
export interface GreyBoxScript extends Common {
  readonly next: Next;
}
/** A toy whose loss has a closed form: the cost of the prompt's tokens, summed over positions. */
export interface WhiteBoxScript extends Common {
  /** The model's answer, with −log-prob per token equal to the cost of the prompt. */
  readonly answer: string;
  /** Nats, not negative, that token `id` at `position` of the prompt adds to the loss. */
  readonly cost: (position: number, id: number) => number;
}

export function scripted(script: BlackBoxScript): LanguageModel;
export function scripted(script: GreyBoxScript): ScoringModel & { readonly tokenizer: ScriptedTokenizer };
export function scripted(script: WhiteBoxScript): WhiteBoxModel & { readonly tokenizer: ScriptedTokenizer };
export function scripted(script: BlackBoxScript | GreyBoxScript | WhiteBoxScript): LanguageModel {
  if ('reply' in script) return blackBox(script);
  return 'next' in script ? greyBox(script) : whiteBox(script);
}

/** A distribution that almost always writes `reply`: each of its tokens, and the end, costs `nats`. */
export function answering(
  reply: (messages: readonly ChatMessage[], answerSoFar: string) => string,
  { nats = 0.01 }: { readonly nats?: number } = {},
): Next {
  return (ids, tokenizer) => {
    const { messages, answer } = tokenizer.read(ids);
    const whole = tokenizer.encode(reply(messages, tokenizer.decode(answer)));
    const [end] = tokenizer.endIds;
    return peaked(tokenizer.vocabSize, whole[answer.length] ?? end!, nats);
  };
}

/** Log-probs in which `favorite` costs `nats` and the others share the rest evenly. */
export function peaked(vocabSize: number, favorite: number, nats: number): Float32Array {
  const rest = Math.log(-Math.expm1(-Math.max(nats, 1e-6)) / (vocabSize - 1));
  return new Float32Array(vocabSize).fill(rest).fill(-nats, favorite, favorite + 1);
}

function blackBox({
  id = 'scripted',
  contextWindow = 4096,
  tokenizer,
  reply,
}: BlackBoxScript): LanguageModel {
  const { encode, prompt } = tokenizer ?? scriptedTokenizer();
  return {
    id,
    access: 'black-box',
    contextWindow,
    async generate(messages, options) {
      await turn();
      options.signal?.throwIfAborted();
      if (options.policy ?? options.forced)
        throw new LabError('not-supported', `${id} shows neither its distributions nor its tokens.`, {
          advice: 'Pick a model with grey-box access.',
        });
      refuseEdit(id, options);
      const promptTokens = prompt(messages, options).length;
      const room = Math.min(options.maxNewTokens, contextWindow - promptTokens);
      if (room < 1) throw contextOverflow({ id, contextWindow }, promptTokens);
      let text = await reply(messages, options);
      options.signal?.throwIfAborted();
      let finishReason: FinishReason = 'end';
      if (encode(text).length > room) {
        text = longestWithin(text, room, encode);
        finishReason = 'length';
      }
      const stops = (options.stop ?? []).map((stop) => text.indexOf(stop)).filter((at) => at >= 0);
      if (stops.length > 0) {
        text = text.slice(0, Math.min(...stops));
        finishReason = 'stop-string';
      }
      const completionTokens = encode(text).length;
      return { text, finishReason, tokens: [], promptTokens, completionTokens, events: [] };
    },
  };
}

/** The longest start of `text` that has at most `room` tokens, cut between characters. */
function longestWithin(text: string, room: number, encode: (text: string) => number[]): string {
  const letters = [...text];
  while (encode(letters.join('')).length > room) letters.pop();
  return letters.join('');
}

function greyBox({ id = 'scripted', contextWindow = 4096, tokenizer, next }: GreyBoxScript) {
  const tokens = tokenizer ?? scriptedTokenizer();
  const limits: Limits = { id, contextWindow, vocabSize: tokens.vocabSize };
  const open: ScoringModel['open'] = async (prompts, { signal } = {}) => {
    await turn();
    signal?.throwIfAborted();
    for (const prompt of prompts) checkSequence(limits, prompt);
    return session(limits, tokens, next, prompts);
  };
  const logProbs: ScoringModel['logProbs'] = async (requests, { signal } = {}) => {
    await turn();
    signal?.throwIfAborted();
    for (const request of requests) checkScoring(limits, request);
    return requests.map(({ prompt, target }) =>
      Float32Array.from(target, (id, t) => logSoftmax(next([...prompt, ...target.slice(0, t)], tokens))[id]!),
    );
  };
  const scoring = checkedScoring(id, { open, logProbs });
  const model = { id, contextWindow, tokenizer: tokens, ...scoring };
  return { ...model, access: 'grey-box' as const, generate: createGenerate(model) } satisfies ScoringModel;
}

function session(
  limits: Limits,
  tokenizer: ScriptedTokenizer,
  next: Next,
  prompts: readonly (readonly number[])[],
): DecodeSession {
  let rows = prompts.map((prompt) => [...prompt]);
  return {
    get rows() {
      return rows.length;
    },
    logits: (row) => next(rows[row]!, tokenizer),
    async advance(tokens) {
      checkStep(
        limits,
        rows.map(({ length }) => length),
        tokens,
      );
      rows.forEach((row, i) => row.push(tokens[i]!));
    },
    async keep(order) {
      rows = order.map((row) => [...rows[row]!]);
    },
    async close() {
      rows = [];
    },
  };
}

function whiteBox({ answer, cost, ...common }: WhiteBoxScript): WhiteBoxModel {
  const tokenizer = common.tokenizer ?? scriptedTokenizer();
  const answerIds = tokenizer.encode(answer);
  const next: Next = (ids) => {
    const answerLength = tokenizer.read(ids).answer.length;
    const prompt = ids.slice(0, ids.length - answerLength);
    const nats = prompt.reduce((sum, id, position) => sum + cost(position, id), 0);
    const [end] = tokenizer.endIds;
    return peaked(tokenizer.vocabSize, answerIds[answerLength] ?? end!, nats);
  };
  const grey = greyBox({ ...common, tokenizer, next });
  const limits: Limits = { id: grey.id, contextWindow: grey.contextWindow, vocabSize: tokenizer.vocabSize };
  const gradient: WhiteBoxModel['tokenGradient'] = async (request, { signal } = {}) => {
    await turn();
    signal?.throwIfAborted();
    checkScoring(limits, request);
    // The loss is linear in the one-hot rows, so its gradient is the table of costs, times the weights.
    const { vocabSize } = tokenizer;
    const weight = request.weights?.reduce((sum, each) => sum + each, 0) ?? 1;
    return Float32Array.from(
      { length: (request.end - request.start) * vocabSize },
      (_, i) => weight * cost(request.start + Math.floor(i / vocabSize), i % vocabSize),
    );
  };
  const oneHotRows: WhiteBoxModel['embeddings'] = async (ids, { signal } = {}) => {
    await turn();
    signal?.throwIfAborted();
    checkSequence(limits, ids);
    const rows = new Float32Array(ids.length * tokenizer.vocabSize);
    ids.forEach((id, position) => (rows[position * tokenizer.vocabSize + id] = 1));
    return rows;
  };
  return {
    ...grey,
    access: 'white-box',
    tokenGradient: gradient,
    /** A token's embedding is its one-hot row. */
    embeddingGradient: gradient,
    /** It has no matrices. */
    async weightGradients(requests, _use, { signal } = {}) {
      await turn();
      signal?.throwIfAborted();
      for (const request of requests) checkScoring(limits, request);
    },
    embeddings: oneHotRows,
    /** Its only layer is the one-hot row of each token. */
    hiddenStates: async (prompt, options) => [await oneHotRows(prompt, options)],
    /** Its hidden states are the one-hot rows of the tokens. */
    async inputGradient(prompt, { hidden = [] }, { signal } = {}) {
      await turn();
      signal?.throwIfAborted();
      checkSequence(limits, prompt);
      const rows = new Float32Array(prompt.length * tokenizer.vocabSize);
      for (const { position, values } of hidden) rows.set(values, position * tokenizer.vocabSize);
      return rows;
    },
    /** It has no weights. */
    parameters: async () => new Map(),
    edited: () => {
      throw cannotEdit(grey.id);
    },
    learner: async () => {
      throw cannotEdit(grey.id);
    },
  };
}
