/** @file Elapsed time without pauses. */

export interface ElapsedTimer {
  elapsedMs(): number;
  stop(): void;
  go(): void;
}

/** Runs from the start; time between `stop` and `go` does not count. */
export function elapsedTimer(now: () => number): ElapsedTimer {
  let startedAt = now();
  let stoppedAt: number | null = null;
  return {
    elapsedMs: () => (stoppedAt ?? now()) - startedAt,
    stop: () => void (stoppedAt ??= now()),
    go() {
      if (stoppedAt !== null) startedAt += now() - stoppedAt;
      stoppedAt = null;
    },
  };
}
