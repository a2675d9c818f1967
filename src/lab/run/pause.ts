/** @file Holds a call between two of its steps, and lets it go on. */
import { untilAborted } from '../../models/decoding/abort.ts';

/** Closed by whoever watches a call; the call itself comes to it before each step. */
export interface PausePoint {
  /**
   * Hold the call at its next step. Resolves to true when it stands there, and to false if the gate is opened
   * before.
   */
  close(): Promise<boolean>;
  open(): void;
  /** Waits while the gate is closed. Rejects with the signal's reason as soon as it aborts. */
  pass(signal: AbortSignal): Promise<void>;
  /** How long `pass` has waited in all. */
  readonly heldMs: number;
}

export function createPausePoint(): PausePoint {
  let closing: Closing | null = null;
  let heldMs = 0;
  return {
    close: () => (closing ??= newClosing()).arrived,
    open() {
      closing?.end();
      closing = null;
    },
    async pass(signal) {
      const startedAt = performance.now();
      // It may have been closed anew by the time that the call wakes up.
      while (closing) {
        closing.arrive();
        await untilAborted(closing.ended, signal);
      }
      heldMs += performance.now() - startedAt;
    },
    get heldMs() {
      return heldMs;
    },
  };
}

/** One time that the gate is closed. */
interface Closing {
  readonly arrived: Promise<boolean>;
  readonly ended: Promise<void>;
  arrive(): void;
  end(): void;
}

function newClosing(): Closing {
  let arrive = () => {};
  let end = () => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  const arrival = new Promise<true>((resolve) => (arrive = () => resolve(true)));
  return { arrived: Promise.race([arrival, ended.then(() => false)]), ended, arrive, end };
}
