/** @file What a model is fine-tuned on: answers to keep, answers to harmful requests, and preferences. */
import type { ChatMessage } from './chat.ts';

/** A conversation that ends with a user turn, and the answer to it. */
export interface Example {
  readonly prompt: readonly ChatMessage[];
  readonly answer: string;
}

/** A request that the model should decline, with answers that decline and answers that do harm. */
export interface HarmfulRequest {
  readonly prompt: readonly ChatMessage[];
  readonly safe: readonly string[];
  readonly harmful: readonly string[];
}

export interface Preference {
  readonly prompt: readonly ChatMessage[];
  readonly chosen: string;
  readonly rejected: string;
}

export interface TrainingData {
  /** Harmless requests with the answers that the model should go on giving. */
  readonly benign: readonly Example[];
  readonly requests: readonly HarmfulRequest[];
  readonly preferences: readonly Preference[];
}
