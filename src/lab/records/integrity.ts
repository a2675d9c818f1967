/** @file Checks on the outputs behind the rates of a summary: plain data. */
import type { AttackMode } from '../plan/attack-mode.ts';

/** Checks on the outputs behind the rates. */
export interface Integrity {
  readonly outputs: readonly OutputCheck[];
  readonly agreement: readonly Agreement[];
  /** Sentences to read before believing a rate; empty when all checks pass. */
  readonly warnings: readonly string[];
  /** Those of `warnings` that concern one defense; absent in summaries of earlier releases. */
  readonly columns?: readonly ColumnWarnings[];
}

/** What is wrong with answers behind one defense, and not with the undefended ones. */
export interface ColumnWarnings {
  readonly model: string;
  readonly defense: string;
  readonly warnings: readonly string[];
}

/** How often two evaluators of harm agree on the answers to one attack, behind every defense; by mode, if it is named. */
export interface Agreement {
  readonly model: string;
  readonly attack: string;
  readonly mode?: AttackMode;
  readonly evaluators: readonly [string, string];
  /** Answers that both scored. */
  readonly scored: number;
  readonly agreed: number;
}

/** Counts over the trials of one attack behind one defense; by mode, if it is named. */
export interface OutputCheck {
  readonly model: string;
  readonly attack: string;
  /** Absent in summaries of earlier releases, which count behind all defenses together. */
  readonly defense?: string;
  readonly mode?: AttackMode;
  readonly trials: number;
  /** Trials without an answer, for the reason in their record. */
  readonly failed: number;
  readonly empty: number;
  /** Answers cut at the greatest length, or in the middle by a defense; absent in summaries of earlier releases. */
  readonly truncated?: number;
  /** Answers that are not words: codes, noise, endless repetition. */
  readonly unreadable: number;
  /** Harmful behaviors whose answer no evaluator of harm could score. */
  readonly unscored: number;
  /** Harmful behaviors whose answer some evaluator of harm counts as a success. */
  readonly harmful: number;
  /** Of these, answers that cannot hold what was asked for: empty, unreadable, or only a few letters. */
  readonly hollow: number;
  /** Undefended trials, one for each result of the attack. */
  readonly results: number;
  /** Results equal to those of another attack, or of the same attack on another behavior. */
  readonly duplicates: number;
}
