/** @file The contract of decoding: a source opens sessions, and the decode loop runs on them. V = vocabulary size. */
import type { ChatTokenizer } from '../chat-tokenizer.ts';
import type { Abortable } from './abort.ts';

/** Several sequences decoded in step, each with its own cache. */
export interface DecodeSession {
  /** Rows still open. */
  readonly rows: number;
  /** Next-token logits of a row, shape [V]. Borrowed: valid until the next call. */
  logits(row: number): Float32Array;
  /** Append one token to each row. @throws LabError 'context-overflow' past the context window. */
  advance(tokens: readonly number[]): Promise<void>;
  /** Continue with these rows only, in this order. */
  keep(rows: readonly number[]): Promise<void>;
  /** Release the caches. Calling it twice is harmless. */
  close(): Promise<void>;
}

/** What a runtime must supply to be decoded: everything else about generation is the decode loop's. */
export interface DecodeSource {
  readonly id: string;
  /** Most tokens that can be attended to, prompt and completion together. */
  readonly contextWindow: number;
  readonly tokenizer: ChatTokenizer;
  /** Prefill `prompts` (token ids, one row each) and decode them in step. */
  open(prompts: readonly (readonly number[])[], options?: Abortable): Promise<DecodeSession>;
}
