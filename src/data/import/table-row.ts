/** @file A row of a file, whatever its format. */

/** One row: texts by the name of their column. */
export interface TableRow {
  /** Line of its beginning, or the place of an entry in a JSON list; from 1. */
  readonly line: number;
  readonly values: Readonly<Record<string, string>>;
}

/** Why a row was left out. */
export interface RowProblem {
  readonly line: number;
  /** `null` where it lies in no one column. */
  readonly column: string | null;
  readonly message: string;
}

export const isProblem = (row: TableRow | RowProblem): row is RowProblem => 'message' in row;

export type Rows = AsyncGenerator<readonly (TableRow | RowProblem)[]>;
