/** @file The rows of a file that are left out: the first of them, and how many. */
import type { RowProblem } from './table-row.ts';

export interface LeftOut {
  /** The first of the rows that were left out. */
  readonly problems: readonly RowProblem[];
  readonly problemCount: number;
}

const mostProblems = 100;

export function createProblems() {
  const problems: RowProblem[] = [];
  let problemCount = 0;
  return {
    add(problem: RowProblem): void {
      if (++problemCount <= mostProblems) problems.push(problem);
    },
    result: (): LeftOut => ({ problems, problemCount }),
  };
}
