/**
 * @file The contract of a token-level method: given what the models predict, say what to sample from.
 * A plain sampler needs no policy; SafeDecoding, contrastive decoding and steering are policies.
 */
import type { ChatMessage } from '../../core/chat.ts';
import type { ScoringModel } from '../language-model.ts';

/** A model that a policy reads beside the base; it must share the base's vocabulary. */
export interface Companion {
  readonly model: ScoringModel;
  /** What it is shown instead of the conversation (a reversed system prompt, say). Default: the same. */
  readonly rewrite?: (messages: readonly ChatMessage[]) => readonly ChatMessage[];
}

export interface PolicyStep {
  /** Index of the new token, from 0. */
  readonly index: number;
  /** Next-token logits of the base, shape [V]. Borrowed. */
  readonly base: Float32Array;
  /** Next-token logits of each companion, shape [V]. Borrowed. */
  readonly companions: readonly Float32Array[];
}

export interface DecodingPolicy {
  /** Id of the method, for traces. */
  readonly id: string;
  readonly companions: readonly Companion[];
  /** Acts on tokens 0 … steps−1; then the companions are released and the loop is the plain loop. */
  readonly steps: number;
  /** @returns unnormalized log-probs, shape [V]; `-Infinity` excludes a token. The caller owns the array. */
  next(step: PolicyStep): Float32Array;
}

export interface TokenOption {
  readonly id: number;
  readonly text: string;
  /** Nats, under the distribution it was listed from. */
  readonly logProb: number;
}

/** One generated token and what it was chosen from. */
export interface TokenTrace {
  readonly id: number;
  /** What this token added to the text; empty while it is part of an unfinished character. */
  readonly text: string;
  /** Nats, under the distribution that was sampled (before temperature). */
  readonly logProb: number;
  /** The likeliest alternatives, likeliest first. */
  readonly top: readonly TokenOption[];
  /** Entropy of the distribution that was sampled (before temperature), nats. There when alternatives are listed. */
  readonly entropy?: number;
  /** What base and companions preferred, while a policy acted on this token. */
  readonly policy?: {
    readonly id: string;
    /** KL(sampled‖base), nats: how far the policy moved this step. There when alternatives are listed. */
    readonly divergence?: number;
    readonly base: readonly TokenOption[];
    readonly companions: readonly (readonly TokenOption[])[];
  };
}
