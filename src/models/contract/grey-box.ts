/**
 * @file The second tier of access to a language model: its distributions.
 * Shapes: T = tokens of a target string. Log-probs are in nats and never positive.
 */
import type { Abortable } from '../decoding/abort.ts';
import type { DecodeSource } from '../decoding/session.ts';
import type { LanguageModel } from './black-box.ts';

export interface ScoringRequest {
  /** Token ids that come before; at least one. */
  readonly prompt: readonly number[];
  /** Token ids whose log-probs are wanted; at least one. */
  readonly target: readonly number[];
}

export interface ScoringOptions extends Abortable {
  /** True if a prefix that requests share is computed once, where the runtime can. Default: true. */
  readonly sharePrefix?: boolean;
}

/** Grey-box: also reads distributions and scores strings that the model did not write. */
export interface ScoringModel extends LanguageModel, DecodeSource {
  /**
   * Score many targets in one call.
   * @returns one array of shape [T] per request; entry t is log p(target[t] | prompt, target[0..t)).
   */
  logProbs(requests: readonly ScoringRequest[], options?: ScoringOptions): Promise<Float32Array[]>;
}

export const isScoring = (model: LanguageModel): model is ScoringModel => model.access !== 'black-box';
