/** @file One stopwatch for records and pages. */

/** Readings are in ms, rounded to the microsecond, and leave pauses out. */
export interface Stopwatch {
  /** Time since the start. */
  elapsedMs(): number;
  /** Time since the last lap, or since the start; an even share of it when `count` pieces of work ran side by side. */
  lapMs(count?: number): number;
  pause(): void;
  /** Goes on after a pause; does nothing without one. */
  resume(): void;
}

/** A stopwatch that runs from now on. @param now reads a clock, ms */
export function startStopwatch(now: () => number = () => performance.now()): Stopwatch {
  let startedAt = now();
  let pausedAt: number | null = null;
  let lastLap = 0;
  const elapsed = () => (pausedAt ?? now()) - startedAt;
  return {
    elapsedMs: () => rounded(elapsed()),
    lapMs(count = 1) {
      const lap = elapsed() - lastLap;
      lastLap += lap;
      return rounded(lap / count);
    },
    pause: () => void (pausedAt ??= now()),
    resume() {
      if (pausedAt !== null) startedAt += now() - pausedAt;
      pausedAt = null;
    },
  };
}

const rounded = (ms: number): number => Math.round(ms * 1000) / 1000;
