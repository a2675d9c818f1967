/** @file Progress on standard error: a single line that is rewritten on a terminal, a new line every few seconds elsewhere. */

const terminal = process.stderr.isTTY;
const intervalMs = terminal ? 200 : 5_000;

/** @returns a function that prints the progress, at most once per interval; `last` marks the end of the work */
export function createProgress(now: () => number = performance.now.bind(performance)) {
  let printedAt = -Infinity;
  /** The first call. Trials finished before it took an unknown time, so they do not count in the estimate. */
  let first: { readonly at: number; readonly finished: number } | undefined;
  return (finished: number, total: number, what: string, last = false): void => {
    first ??= { at: now(), finished };
    if (!last && now() - printedAt < intervalMs) return;
    printedAt = now();
    const newlyFinished = finished - first.finished;
    const secondsLeft = Math.round((((printedAt - first.at) / 1000) * (total - finished)) / newlyFinished);
    const left = newlyFinished > 0 && !last ? `, about ${secondsLeft} s left` : '';
    const line = `${finished}/${total} trials${left}, ${what}`;
    if (terminal) process.stderr.write(`\r\x1b[2K${line}${last ? '\n' : ''}`);
    else console.error(line);
  };
}
