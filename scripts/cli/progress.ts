/** @file Progress on standard error: a single line that is rewritten on a terminal, a new line every few seconds elsewhere. */
import { plural } from '../../src/core/format.ts';

const terminal = process.stderr.isTTY;
const intervalMs = terminal ? 200 : 5_000;

/** What the lab says of a run's time. */
export interface Pace {
  /** About; `null`: unknown. */
  readonly leftMs: number | null;
  readonly workers: number;
}

/** @returns a function that prints the progress, at most once per interval; `last` marks the end of the work */
export function createProgress(now: () => number = performance.now.bind(performance)) {
  let printedAt = -Infinity;
  return (finished: number, total: number, what: string, pace: Pace | null, last = false): void => {
    if (!last && now() - printedAt < intervalMs) return;
    printedAt = now();
    const left = pace?.leftMs == null || last ? '' : `, about ${Math.ceil(pace.leftMs / 1000)} s left`;
    const workers = pace && pace.workers > 1 ? `, ${plural(pace.workers, 'worker')}` : '';
    const line = `${finished}/${total} trials${left}${workers}, ${what}`;
    if (terminal) process.stderr.write(`\r\x1b[2K${line}${last ? '\n' : ''}`);
    else console.error(line);
  };
}
