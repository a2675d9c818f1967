/** @file What pages ask for of a stored run, and what they get: a part of a cell, or one trial with its neighbors. */
import type { PlanOutline } from '../plan/outline.ts';
import type { Cell, TrialDigest } from './digest.ts';
import type { TrialKey, TrialRecord } from './trial.ts';

/** Some of the finished trials of a cell, in the order of the plan. */
export interface CellQuery extends Cell {
  /** Only trials that count so by this evaluator; `null`: it could not tell. Default: all. */
  readonly verdict?: { readonly evaluator: string; readonly is: boolean | null };
  /** How many to leave out, and how many to give at most. */
  readonly offset: number;
  readonly limit: number;
}

export interface CellPage {
  /** Finished trials of the cell. */
  readonly finished: number;
  /** Those with the verdict that was asked for. */
  readonly matching: number;
  readonly trials: readonly TrialDigest[];
}

export interface OpenedTrial {
  readonly plan: PlanOutline;
  readonly record: TrialRecord;
  /** Its position among the finished trials of the same cell and kind of behavior, from 0, and their number. */
  readonly position: number;
  readonly count: number;
  readonly before: TrialKey | null;
  readonly after: TrialKey | null;
}

export type ExportFormat = 'jsonl' | 'csv';
