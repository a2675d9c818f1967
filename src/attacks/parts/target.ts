/** @file What an optimizing attack works toward, and how its adversarial text is put behind a request. */
import type { Behavior } from '../../core/behavior.ts';
import { mean } from '../../core/statistics.ts';
import { logSumExp } from '../../models/decoding/sampler.ts';
import type { ChatTokenizer } from '../../models/chat-tokenizer.ts';

/** An opening that fits any request, for behaviors that come without a target. */
export const affirmativeOpening = 'Sure, here is';

export const targetOf = (behavior: Behavior): string => behavior.target ?? affirmativeOpening;

/** The request, then the suffix, with one blank between them unless the suffix brings its own. */
export const withSuffix = (prompt: string, suffix: string): string =>
  /^\s/.test(suffix) || suffix === '' ? prompt + suffix : `${prompt} ${suffix}`;

/** `count` exclamation marks, the start of GCG and of random search. */
export const exclamationMarks = (count: number): string => Array(count).fill('!').join(' ');

/** Mean −log-prob of the target, nats per token. */
export const crossEntropy = (logProbs: Float32Array): number => -mean(logProbs);

/**
 * A smooth maximum of the per-token losses: (1/α)(log Σ exp(α t) − log n).
 * @param sharpness α; the mean as it goes to 0, the largest loss as it grows
 * @see https://arxiv.org/abs/1612.05628 (mellowmax), used for suffix search by nanoGCG
 */
export const mellowmax = (losses: Float32Array, sharpness: number): number =>
  (logSumExp(losses.map((loss) => sharpness * loss)) - Math.log(losses.length)) / sharpness;

const printableAscii = /^[\x20-\x7e]+$/;

/** Decoding every id takes seconds for the largest vocabularies, and the answer belongs to the tokenizer. */
const known = new WeakMap<ChatTokenizer, readonly number[]>();

/** Ids that a suffix may use: no special tokens, nothing that prints as a control character or as no character. */
export function suffixTokens(tokenizer: ChatTokenizer): readonly number[] {
  const found =
    known.get(tokenizer) ??
    Array.from({ length: tokenizer.vocabSize }, (_, id) => id).filter(
      (id) => !tokenizer.specialIds.has(id) && printableAscii.test(tokenizer.decode([id])),
    );
  known.set(tokenizer, found);
  return found;
}
