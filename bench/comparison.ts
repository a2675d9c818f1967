/** @file Comparisons with peers, as rows of a table that a reader, or a post in a forum, can hold. */
import type { Compared } from './rounds.ts';

interface Named {
  /** What is measured, such as "decode, one stream". */
  readonly what: string;
  readonly model: string;
  readonly peer: string;
}

/** A ratio of two times or two speeds, measured in turns. */
export interface Comparison extends Named {
  readonly ours: string;
  readonly theirs: string;
  readonly ratio: number;
  /** What the ratio is of: below 1 we take less time, above 1 we are faster. */
  readonly of: 'time' | 'speed' | 'memory';
  /** In what both sides compute, with how many threads. */
  readonly about: string;
  readonly rounds: number;
}

/** A comparison that could not be made, with the sentence that says why. */
export interface Missing extends Named {
  /** Our side, where it could be measured. */
  readonly ours?: string;
  readonly missing: string;
}

/** A figure of the lab alone. */
export interface Figure {
  readonly what: string;
  readonly model: string;
  readonly ours: string;
  readonly about: string;
}

export type Line = Comparison | Missing | Figure;

/** Three significant digits. */
export function short(value: number): string {
  if (value === 0) return '0';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(digits, 4));
}

/** Two times of the same work, in ms. */
export const comparedTimes = (
  named: Named,
  { ours, theirs, timeRatio, rounds }: Compared,
  about: string,
): Comparison => ({
  ...named,
  ours: `${short(ours)} ms`,
  theirs: `${short(theirs)} ms`,
  ratio: timeRatio,
  ...{ of: 'time', about, rounds },
});

/** Two speeds, from times per token in ms. */
export const comparedSpeeds = (
  named: Named,
  { ours, theirs, timeRatio, rounds }: Compared,
  about: string,
): Comparison => ({
  ...named,
  ours: `${short(1000 / ours)} tokens/s`,
  theirs: `${short(1000 / theirs)} tokens/s`,
  ratio: 1 / timeRatio,
  ...{ of: 'speed', about, rounds },
});

export const columns = ['what', 'model', 'ours', 'peer', 'theirs', 'ours / theirs', 'rounds', 'computed in'];

/** The cells under `columns`. */
export function cellsOf(line: Line): string[] {
  if ('missing' in line)
    return [line.what, line.model, line.ours ?? '–', line.peer, '–', '–', '–', line.missing];
  if (!('ratio' in line)) return [line.what, line.model, line.ours, '–', '–', '–', '–', line.about];
  return [
    ...[line.what, line.model, line.ours, line.peer, line.theirs],
    ...[`${short(line.ratio)} × the ${line.of}`, String(line.rounds), line.about],
  ];
}

/** A Markdown table of all lines. */
export function tableOf(lines: readonly Line[]): string {
  const rows = [columns, columns.map(() => '---'), ...lines.map(cellsOf)];
  return rows
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
}
