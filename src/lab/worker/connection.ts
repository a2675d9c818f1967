/** @file One worker and the calls to it: a call that is pending when the worker ends gets an outcome too. */
import { proxy, wrap, type Remote } from 'comlink';
import type { Failure } from '../../core/errors.ts';
import type { LabApi } from './api.ts';
import { watchLifeline } from './lifeline.ts';

/** The parts of a `Worker` that are used, so that tests can start something else. */
export interface WorkerLike extends EventTarget {
  postMessage(message: unknown, transfer: Transferable[]): void;
  terminate(): void;
}

/** What every worker of the lab offers. */
interface Living {
  /** Name of a lock that the worker holds for as long as it lives; `null` where the browser has no locks. */
  lifeline(): Promise<string | null>;
}

export interface Connection<Api = LabApi> {
  readonly lab: Remote<Api>;
  /** Resolves when the worker is no more, with what that means for calls that were pending. */
  readonly ended: Promise<{ readonly status: 'cancelled' } | Failure>;
  end(meaning: { readonly status: 'cancelled' } | Failure): void;
}

export function connect<Api extends Living = LabApi>(
  worker: WorkerLike,
  locks: LockManager | undefined = globalThis.navigator?.locks,
): Connection<Api> {
  const lab = wrap<Api>(worker);
  const watching = new AbortController();
  let settle: Connection['end'] = () => {};
  const ended: Connection['ended'] = new Promise((resolve) => (settle = resolve));
  const end: Connection['end'] = (meaning) => {
    watching.abort();
    worker.terminate();
    settle(meaning);
  };
  worker.addEventListener('error', (event) => {
    event.preventDefault(); // reported as an outcome, which the page shows
    end(died((event as ErrorEvent).message));
  });
  worker.addEventListener('messageerror', () => end(died('A message could not be read.')));
  void (lab as unknown as Remote<Living>).lifeline().then(
    (name) =>
      watchLifeline(locks, name, () => end(died('The browser may have run out of memory.')), watching.signal),
    () => {}, // the calls that follow say what is wrong
  );
  return { lab, ended, end };
}

const died = (reason: string | undefined): Failure => ({
  status: 'failed',
  code: 'worker-died',
  message: `The lab worker ended unexpectedly${reason ? `: ${reason}` : '.'}`,
  advice: 'Stored trials are safe. Run the plan again to go on; if it ends again, pick a smaller model.',
});

/** Makes a callback that the worker can call. */
export type Listen = <A extends readonly unknown[]>(
  callback: ((...args: A) => void) | undefined,
) => (...args: A) => void;

/** Callbacks of one call, silent once it is closed. An error in one belongs to the page, not to the call. */
export function listening(): { readonly listen: Listen; close(): void } {
  let open = true;
  return {
    listen: (callback) =>
      proxy((...args) => {
        if (!open) return;
        try {
          callback?.(...args);
        } catch (error) {
          queueMicrotask(() => {
            throw error;
          });
        }
      }),
    close: () => void (open = false),
  };
}
