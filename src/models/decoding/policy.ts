/**
 * @file The contract of a token-level method: given the models' predictions, say which distribution to sample from.
 * A plain sampler needs no policy; SafeDecoding, contrastive decoding and steering are policies.
 */
import type { ChatMessage } from '../../core/chat.ts';
import type { DecodeSource } from './session.ts';

/** A model that a policy reads in addition to the base model; it must share the base's vocabulary. */
export interface Companion {
  readonly model: DecodeSource;
  /** The conversation it reads in place of the base's (with a reversed system prompt, say). Default: the same. */
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
  /** Acts on tokens 0 … steps−1; then the companions are released and decoding goes on without the policy. */
  readonly steps: number;
  /** @returns unnormalized log-probs, shape [V]; `-Infinity` excludes a token. The caller owns the array. */
  next(step: PolicyStep): Float32Array;
}

export interface TokenOption {
  /** `null`: the server that wrote the answer does not tell ids. */
  readonly id: number | null;
  readonly text: string;
  /** Nats, under the distribution it was listed from. */
  readonly logProb: number;
}

/** One generated token and the distribution it was chosen from. */
export interface TokenTrace {
  /** `null`: the server that wrote the answer does not tell ids. */
  readonly id: number | null;
  /** The text that this token added; empty while it is part of an unfinished character. */
  readonly text: string;
  /** Nats, under the distribution that was sampled (before temperature). */
  readonly logProb: number;
  /** The likeliest alternatives, likeliest first. */
  readonly top: readonly TokenOption[];
  /** Entropy of the distribution that was sampled (before temperature), nats. Present if alternatives are listed and the whole distribution is known. */
  readonly entropy?: number;
  /** What base and companions preferred, if a policy acted on this token. */
  readonly policy?: {
    readonly id: string;
    /** KL(sampled‖base), nats: how far the policy moved this step. Present if alternatives are listed. */
    readonly divergence?: number;
    readonly base: readonly TokenOption[];
    readonly companions: readonly (readonly TokenOption[])[];
  };
}
