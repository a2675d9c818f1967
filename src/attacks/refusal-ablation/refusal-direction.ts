/** @file Measures of refusal at the first token of an answer, and candidate directions that may cause it. */
import { user } from '../../core/chat.ts';
import { mean } from '../../core/statistics.ts';
import type { ChatTokenizer } from '../../models/chat-tokenizer.ts';
import { logSoftmax } from '../../models/decoding/sampler.ts';
import { differenceInMeans, streamsOf } from '../../models/directions.ts';
import type { Abortable, ScoringModel, WhiteBoxModel } from '../../models/language-model.ts';
import { findSpan } from '../../models/prompt-span.ts';

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

/** Logits of the first token of the answer to each request, shape [V] each; copies that the caller owns. */
export async function firstLogits(
  model: ScoringModel,
  requests: readonly string[],
  options: Abortable,
): Promise<readonly Float32Array[]> {
  const session = await model.open(
    requests.map((request) => model.tokenizer.prompt([user(request)], { atAnswer: true })),
    options,
  );
  try {
    return requests.map((_, row) => session.logits(row).slice());
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

/** Number of tokens of the template that follow every request. */
export const tokensAfterRequest = (tokenizer: ChatTokenizer, request: string): number => {
  const { prompt, end } = findSpan(tokenizer, (text) => [user(text)], request);
  return prompt.length - end;
};

/**
 * Differences in means between two kinds of requests, at each of the last `positions` tokens of the prompt and at the
 * boundaries from 1 to `share` of the depth.
 */
export async function candidateDirections(
  model: WhiteBoxModel,
  { harmful, harmless }: { readonly harmful: readonly string[]; readonly harmless: readonly string[] },
  { positions, share }: { readonly positions: number; readonly share: number },
  options: Abortable,
): Promise<readonly Direction[]> {
  const lastStreamsOf = async (request: string) => {
    const prompt = model.tokenizer.prompt([user(request)]);
    return (await streamsOf(model, prompt, prompt.length - positions, options)).toReversed();
  };
  const streamsOfAll = async (requests: readonly string[]) => {
    const streams = [];
    for (const request of requests) streams.push(await lastStreamsOf(request));
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
