/**
 * @file The direction in a model along which it refuses: measures of refusal at the first token of an answer, candidate
 * directions from two kinds of conversations, and the choice among them on others.
 * @see https://arxiv.org/abs/2406.11717
 */
import { editLastUser, lastUserText, type ChatMessage } from '../core/chat.ts';
import { mean } from '../core/statistics.ts';
import { norm, rounded, scaled } from '../core/vectors.ts';
import type { ChatTokenizer } from './chat-tokenizer.ts';
import { logSoftmax } from './decoding/sampler.ts';
import { differenceInMeans, streamsOf } from './directions.ts';
import type { Abortable, ModelEdit, ScoringModel, WhiteBoxModel } from './language-model.ts';
import { findSpan } from './prompt-span.ts';

type Conversation = readonly ChatMessage[];
export interface Contrast {
  /** To be refused. */
  readonly harmful: readonly Conversation[];
  /** To be answered. */
  readonly harmless: readonly Conversation[];
}

/** Log-odds that the next token opens a refusal: log P − log(1 − P), where P is the mass of `refusalIds`. */
export function refusalLogOdds(logits: Float32Array, refusalIds: ReadonlySet<number>): number {
  const logProbs = logSoftmax(logits);
  let sum = 0;
  for (const id of refusalIds) sum += Math.exp(logProbs[id]!);
  // Closer to 0 or 1, single precision cannot tell masses apart.
  const mass = Math.min(1 - 1e-7, Math.max(1e-7, sum));
  return Math.log(mass) - Math.log(1 - mass);
}

/** The first token of each opening of a refusal. */
export const refusalIdsOf = (tokenizer: ChatTokenizer, openings: readonly string[]): ReadonlySet<number> =>
  new Set(openings.flatMap((text) => tokenizer.encode(text).slice(0, 1)));

/** Logits of the first token of the answer in each conversation, shape [V] each; copies that the caller owns. */
export async function firstLogits(
  model: ScoringModel,
  conversations: readonly Conversation[],
  options: Abortable,
): Promise<readonly Float32Array[]> {
  const session = await model.open(
    conversations.map((messages) => model.tokenizer.prompt(messages, { atAnswer: true })),
    options,
  );
  try {
    return conversations.map((_, row) => session.logits(row).slice());
  } finally {
    await session.close();
  }
}

/** KL(p ‖ q) of two next-token distributions given as logits, in nats. */
export function klOfLogits(p: Float32Array, q: Float32Array): number {
  const [logP, logQ] = [logSoftmax(p), logSoftmax(q)];
  return logP.reduce((sum, value, i) => sum + Math.exp(value) * (value - logQ[i]!), 0);
}

/** A difference in means, with the position and layer boundary where it was measured. */
export interface Direction {
  /** Tokens before the end of the prompt: 0 is the last one. */
  readonly fromEnd: number;
  readonly boundary: number;
  /** Not normalized: its length is that of the difference. */
  readonly vector: Float64Array;
}

/** Number of tokens of the template that follow the last request. */
export const tokensAfterRequest = (tokenizer: ChatTokenizer, messages: Conversation): number => {
  const place = (text: string) => editLastUser(messages, () => text);
  const { prompt, end } = findSpan(tokenizer, place, lastUserText(messages));
  return prompt.length - end;
};

/**
 * Differences in means between two kinds of conversations, at each of the last `positions` tokens of the prompt and at the
 * boundaries from 1 to `share` of the depth.
 */
export async function candidateDirections(
  model: WhiteBoxModel,
  { harmful, harmless }: Contrast,
  { positions, share }: { readonly positions: number; readonly share: number },
  options: Abortable,
): Promise<readonly Direction[]> {
  const lastStreamsOf = async (messages: Conversation) => {
    const prompt = model.tokenizer.prompt(messages);
    return (await streamsOf(model, prompt, prompt.length - positions, options)).toReversed();
  };
  const streamsOfAll = async (conversations: readonly Conversation[]) => {
    const streams = [];
    for (const messages of conversations) streams.push(await lastStreamsOf(messages));
    return streams;
  };
  const [harmfulStreams, harmlessStreams] = [await streamsOfAll(harmful), await streamsOfAll(harmless)];
  return Array.from({ length: positions }, (_, fromEnd) => {
    const differences = differenceInMeans(
      harmfulStreams.map((streams) => streams[fromEnd]!),
      harmlessStreams.map((streams) => streams[fromEnd]!),
    );
    const layers = differences.length - 1;
    const last = Math.max(1, Math.floor(share * layers));
    return differences
      .slice(1, last + 1)
      .map((vector, i): Direction => ({ fromEnd, boundary: i + 1, vector }));
  }).flat();
}

export const meanLogOdds = (all: readonly Float32Array[], refusalIds: ReadonlySet<number>): number =>
  mean(all.map((logits) => refusalLogOdds(logits, refusalIds)));

export interface ScoredDirection extends Direction {
  /** Mean log-odds of refusing held-out harmful requests with the direction removed everywhere. */
  readonly bypass: number;
  /** Mean log-odds of refusing held-out harmless requests with the direction added at its own boundary. */
  readonly induce: number;
  /** Mean KL at the first token of answers to held-out harmless requests with the direction removed; nats. */
  readonly drift: number;
}

export const unitOf = ({ vector }: Direction): number[] => rounded(scaled(vector, 1 / (norm(vector) || 1)));

/** Projects the direction out at every boundary. */
export const ablation = (unit: readonly number[]): ModelEdit => ({ residual: [{ ablate: unit }] });

async function withEdit<T>(
  model: WhiteBoxModel,
  edit: ModelEdit,
  use: (edited: WhiteBoxModel) => Promise<T>,
): Promise<T> {
  const view = model.edited(edit);
  try {
    return await use(view);
  } finally {
    view.dispose();
  }
}

/** Holds out the last quarter, at least one conversation, for selecting the direction. */
const split = (all: readonly Conversation[]) => {
  const heldOut = Math.max(1, Math.floor(all.length / 4));
  return [all.slice(0, -heldOut), all.slice(-heldOut)] as const;
};

export interface DirectionSearch extends Abortable {
  readonly refusalIds: ReadonlySet<number>;
  /** Most tokens after the request at which directions are computed. */
  readonly positions: number;
  /** Share of the layers, from the first on, at which they are computed. */
  readonly share: number;
}

/**
 * Every candidate with its scores, from the conversations that the model refuses (or answers) as it should; all, if fewer than
 * two of a kind are left.
 * @param contrast at least two of each kind
 */
export async function* scoredDirections(
  model: WhiteBoxModel,
  contrast: Contrast,
  { refusalIds, positions, share, signal }: DirectionSearch,
): AsyncGenerator<ScoredDirection, void> {
  const abortable = { ...(signal && { signal }) };
  const asExpected = async (all: readonly Conversation[], refuses: boolean) => {
    const logits = await firstLogits(model, all, abortable);
    const expected = all.filter((_, i) => refusalLogOdds(logits[i]!, refusalIds) > 0 === refuses);
    return expected.length >= 2 ? expected : all;
  };
  const [harmful, heldHarmful] = split(await asExpected(contrast.harmful, true));
  const [harmless, heldHarmless] = split(await asExpected(contrast.harmless, false));
  const after = Math.max(1, tokensAfterRequest(model.tokenizer, contrast.harmful[0]!));
  const candidates = await candidateDirections(
    model,
    { harmful, harmless },
    { positions: Math.min(positions, after), share },
    abortable,
  );
  const plain = await firstLogits(model, heldHarmless, abortable);
  for (const direction of candidates) {
    signal?.throwIfAborted();
    const [bypass, drift] = await withEdit(model, ablation(unitOf(direction)), async (edited) => {
      const refused = meanLogOdds(await firstLogits(edited, heldHarmful, abortable), refusalIds);
      const answered = await firstLogits(edited, heldHarmless, abortable);
      return [refused, mean(answered.map((logits, i) => klOfLogits(plain[i]!, logits)))] as const;
    });
    const added = { boundaries: [direction.boundary], add: rounded(direction.vector) };
    const induce = await withEdit(model, { residual: [added] }, async (edited) =>
      meanLogOdds(await firstLogits(edited, heldHarmless, abortable), refusalIds),
    );
    yield { ...direction, bypass, induce, drift };
  }
}

/** True if adding the direction makes the model refuse, and removing it changes harmless answers little. */
export const fits = ({ induce, drift }: ScoredDirection, mostDrift: number): boolean =>
  induce >= 0 && drift <= mostDrift;

/** The direction that refuses least when removed, of those that fit; of all, if none does. */
export function bestDirection(all: readonly ScoredDirection[], mostDrift: number): ScoredDirection {
  const fitting = all.filter((direction) => fits(direction, mostDrift));
  return (fitting.length > 0 ? fitting : all).toSorted((a, b) => a.bypass - b.bypass)[0]!;
}
