/** @file Shows an estimate of time left without jumps. */

/** The nearer the end, the sooner what is shown follows what is estimated: after a tenth of what is left. */
const share = 1 / 10;
const [fastestMs, slowestMs] = [1_000, 30_000];

/**
 * @returns takes an estimate and gives what to show, ms: the last one less the time that has passed, moved part of the
 * way to the new estimate
 */
export function createSteady(now: () => number = () => performance.now()): (estimateMs: number) => number {
  let last: { readonly at: number; readonly shown: number } | null = null;
  return (estimateMs) => {
    const at = now();
    if (last === null) {
      last = { at, shown: estimateMs };
      return estimateMs;
    }
    const passed = at - last.at;
    const expected = Math.max(0, last.shown - passed);
    const within = Math.min(slowestMs, Math.max(fastestMs, expected * share));
    const shown = expected + (estimateMs - expected) * (1 - Math.exp(-passed / within));
    last = { at, shown };
    return shown;
  };
}
