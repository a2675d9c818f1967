/** @file One request while it is decoded: its next token, what is recorded of it, and when it is finished. */
import type { ChatMessage } from '../../core/chat.ts';
import { createRandom, type Random } from '../../core/random.ts';
import { splitThoughts } from '../../core/thoughts.ts';
import { beginsInThought, lastWords } from '../beginning.ts';
import type { ChatTokenizer } from '../chat-tokenizer.ts';
import type { FinishReason, GenerateOptions, Generation } from '../contract/black-box.ts';
import { createAnswerText, tokenText, type AnswerText } from './answer-text.ts';
import { checkSequence, contextOverflow, refuseEdit } from './checks.ts';
import type { Companion, DecodingPolicy, TokenOption, TokenTrace } from './policy.ts';
import { checkLogits } from './numbers.ts';
import { divergence, greedy, logSoftmax, logSumExp, sample, summarize, type Summary } from './sampler.ts';
import type { DecodeSource } from './session.ts';

export interface Request {
  readonly messages: readonly ChatMessage[];
  readonly options: GenerateOptions;
}

/** One request while it is being decoded. */
export interface Row {
  /** Place in the batch. */
  readonly index: number;
  readonly options: GenerateOptions;
  /** Token ids for the model, then for each companion. */
  readonly prompts: readonly (readonly number[])[];
  /** Most new tokens. */
  readonly room: number;
  readonly random: Random;
  readonly answer: AnswerText;
  /** True if the prompt opened a thought in which the new text begins. */
  readonly begun: boolean;
  readonly systemInUserTurn: boolean;
  readonly ids: number[];
  readonly tokens: TokenTrace[];
  text: string;
  finish: FinishReason | null;
  /** Tokens at the last check of `options.watch`. */
  checkedTokens: number;
  /** Rejected; it leaves the batch. */
  failed: boolean;
}

/**
 * @throws LabError 'context-overflow' if the model, or a companion, has no room for one new token
 * @throws LabError 'not-supported' for an edit, which the decode loop cannot apply
 */
export function createRow(
  model: DecodeSource,
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
    const companionPrompt = other.tokenizer.prompt(rewrite ? rewrite(messages) : messages, options);
    const companionRoom = other.contextWindow - companionPrompt.length;
    if (companionRoom < 1) throw contextOverflow(other, companionPrompt.length);
    // A companion that is released before its window is full limits nothing.
    if (companionRoom < steps) room = Math.min(room, companionRoom);
    prompts.push(companionPrompt);
  }
  return {
    index,
    options,
    prompts,
    room,
    random: createRandom(options.seed ?? '0').fork('sampling'),
    answer: createAnswerText(tokenizer, tokenizer.encode(lastWords(tokenizer, options))),
    begun: beginsInThought(tokenizer, options),
    systemInUserTurn:
      tokenizer.systemRole === 'first-user-turn' && messages.some(({ role }) => role === 'system'),
    ids: [],
    tokens: [],
    text: '',
    finish: null,
    checkedTokens: 0,
    failed: false,
  };
}

/** Choose the next token of a row, record it, and decide whether the row is finished. */
export function chooseToken(
  row: Row,
  base: Float32Array,
  companions: readonly Float32Array[],
  policy: DecodingPolicy | undefined,
  step: number,
  tokenizer: ChatTokenizer,
): void {
  const { options } = row;
  const logits = policy
    ? checkLogits(policy.id, `logits at step ${step + 1}`, policy.next({ index: step, base, companions }))
    : base;
  // A token is drawn even if one is forced, so that forcing the tokens drawn before gives the same answer.
  const drawn = sample(logits, options.sampling ?? greedy, row.random);
  const id = options.forced?.[step] ?? drawn;
  if (tokenizer.endIds.has(id)) {
    row.finish = 'end';
    return;
  }
  row.ids.push(id);
  if (row.ids.length >= row.room) row.finish = 'length';

  const count = options.topTokens ?? 0;
  const isRecorded = count > 0 || options.onToken !== undefined;
  if (!isRecorded && !options.stop?.length) return;
  // A character that is only partly generated decodes to U+FFFD; it is shown once it is complete.
  const text = row.answer.of(row.ids).replace(/\uFFFD+$/, '');
  const added = text.startsWith(row.text) ? text.slice(row.text.length) : '';
  const stop = earliestStop(row, text);
  row.text = stop === null ? text : text.slice(0, stop);
  if (stop !== null) row.finish = 'stop-string';
  if (!isRecorded) return;

  const list = ({ top }: Pick<Summary, 'top'>): TokenOption[] =>
    top.map((option) => ({ id: option.id, text: tokenText(tokenizer, option.id), logProb: option.logProb }));
  const summary = count > 0 ? summarize(logits, count) : null;
  const token: TokenTrace = {
    id,
    text: added,
    logProb: Math.fround(logits[id]! - (summary?.normalizer ?? logSumExp(logits))),
    top: summary ? list(summary) : [],
    ...(summary && { entropy: summary.entropy }),
    ...(policy && {
      policy: {
        id: policy.id,
        ...(summary && { divergence: divergence(logSoftmax(logits), logSoftmax(base)) }),
        base: summary ? list(summarize(base, count)) : [],
        companions: companions.map((other) => (summary ? list(summarize(other, count)) : [])),
      },
    }),
  };
  if (count > 0) row.tokens.push(token);
  options.onToken?.(token, row.begun ? `<think>\n${row.text}` : row.text);
}

/** Let `options.watch` check the answer so far, if a check is due or the answer is finished. */
export async function checkWatch(row: Row): Promise<void> {
  const { ids, finish, options, failed } = row;
  if (!options.watch || failed || ids.length === row.checkedTokens) return;
  if (finish === null && ids.length % options.watch.every !== 0) return;
  row.checkedTokens = ids.length;
  const text = finish === 'stop-string' ? row.text : row.answer.of(row.ids);
  const { thoughts, answer } = splitThoughts(text, row);
  if (thoughts !== null && answer === '') return;
  if (await options.watch.stop(answer, ids.length)) row.finish = 'blocked';
}

/** Where the first of the stop strings begins that is part of the answer; `null` if there is none. */
function earliestStop(row: Row, text: string): number | null {
  const { stop: stops = [] } = row.options;
  if (stops.length === 0) return null;
  const { thoughts, answer } = splitThoughts(text, row);
  const from = thoughts === null ? 0 : text.lastIndexOf(answer);
  const positions = answer === '' ? [] : stops.map((stop) => answer.indexOf(stop)).filter((at) => at >= 0);
  return positions.length > 0 ? from + Math.min(...positions) : null;
}

export function generationOf(row: Row, finishReason: FinishReason, tokenizer: ChatTokenizer): Generation {
  const text = finishReason === 'stop-string' ? row.text : row.answer.of(row.ids);
  const { thoughts, answer } = splitThoughts(text, row);
  return {
    text: answer,
    ...(thoughts !== null && { thoughts }),
    ...(row.systemInUserTurn && { systemInUserTurn: true as const }),
    ...(tokenizer.isPlain && { plainText: true as const }),
    finishReason,
    tokens: row.tokens,
    promptTokens: row.prompts[0]!.length,
    completionTokens: row.ids.length,
    events: [],
  };
}
