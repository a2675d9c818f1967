/** @file Pauses a call between two of its steps, and resumes it. */
import { startStopwatch } from '../../core/stopwatch.ts';
import { untilAborted } from '../../models/decoding/abort.ts';

/** The page pauses and resumes a call here; the call itself passes here before each step. */
export interface PausePoint {
  /**
   * Pause the call at its next step. Resolves to true when the call has stopped there, and to false if it is resumed
   * before.
   */
  pause(): Promise<boolean>;
  resume(): void;
  /** Waits while the call is paused. Rejects with the signal's reason as soon as it aborts. */
  pass(signal: AbortSignal): Promise<void>;
  /** Total time that `pass` has waited. */
  readonly pausedMs: number;
}

export function createPausePoint(): PausePoint {
  let current: Pause | null = null;
  let pausedMs = 0;
  return {
    pause: () => (current ??= newPause()).arrived,
    resume() {
      current?.end();
      current = null;
    },
    async pass(signal) {
      const stopwatch = startStopwatch();
      // It may be paused again by the time the call wakes up.
      while (current) {
        current.arrive();
        await untilAborted(current.ended, signal);
      }
      pausedMs += stopwatch.elapsedMs();
    },
    get pausedMs() {
      return pausedMs;
    },
  };
}

/** One pause. */
interface Pause {
  readonly arrived: Promise<boolean>;
  readonly ended: Promise<void>;
  arrive(): void;
  end(): void;
}

function newPause(): Pause {
  let arrive = () => {};
  let end = () => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  const arrival = new Promise<true>((resolve) => (arrive = () => resolve(true)));
  return { arrived: Promise.race([arrival, ended.then(() => false)]), ended, arrive, end };
}
