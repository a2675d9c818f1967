/** @file A stopwatch whose readings are shared among trials that ran side by side. */

/** @returns a function that gives the time since it was last called, in ms, shared evenly among `count` trials */
export function stopwatch(count = 1): () => number {
  let last = performance.now();
  return () => {
    const now = performance.now();
    const share = (now - last) / count;
    last = now;
    return Math.round(share * 1000) / 1000;
  };
}
