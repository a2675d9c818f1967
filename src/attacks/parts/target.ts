/** @file The target string that an optimizing attack works toward, and its loss. */
import type { Behavior } from '../../core/behavior.ts';
import { mean } from '../../core/statistics.ts';

/** An opening that fits any request, for behaviors without a target. */
export const affirmativeOpening = 'Sure, here is';

export const targetOf = (behavior: Behavior): string => behavior.target ?? affirmativeOpening;

/** For the cards of attacks that score a target: their prompts are made with `atAnswer`. */
export const targetBehindThought =
  ' Where a chat template opens a thought, the target is scored behind an empty one, although the model may think first ' +
  'when it answers.';

/** Mean −log-prob of the target, nats per token. */
export const crossEntropy = (logProbs: Float32Array): number => -mean(logProbs);

/** True if every target token has more than half of the mass, so that greedy decoding is sure to write the target. */
export const isCertain = (logProbs: Float32Array): boolean => logProbs.every((value) => value > -Math.LN2);
