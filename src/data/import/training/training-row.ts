/** @file What one row of a file teaches: an answer of some kind, or which of two answers is better. */
import type { ChatMessage } from '../../../core/chat.ts';

export const answerKinds = ['benign', 'safe', 'harmful'] as const;
/** `benign`: an answer to a harmless request. `safe`, `harmful`: one to a harmful request. */
export type AnswerKind = (typeof answerKinds)[number];

export interface AnswerRow {
  readonly prompt: readonly ChatMessage[];
  readonly answer: string;
  /** What the row says of its kind; `null`: nothing. */
  readonly label: string | null;
}

export interface PreferenceRow {
  readonly prompt: readonly ChatMessage[];
  readonly chosen: string;
  readonly rejected: string;
}

/** Why a row cannot be used; its line is known to whoever reads the file. */
export class RowError extends Error {
  /** The column where it lies; `null` where it is no one column. */
  readonly column: string | null;

  constructor(column: string | null | undefined, message: string) {
    super(message);
    this.column = column ?? null;
  }
}
