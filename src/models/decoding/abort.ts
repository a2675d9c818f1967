/** @file Aborting a request that shares its work with others. */

export interface Abortable {
  readonly signal?: AbortSignal | undefined;
}

/** A signal that aborts once all of `signals` have; a request without a signal never aborts. */
export function whenAllAborted(signals: readonly (AbortSignal | undefined)[]) {
  const controller = new AbortController();
  const check = () => {
    if (signals.every((signal) => signal?.aborted)) controller.abort(signals[0]!.reason);
  };
  for (const signal of signals) signal?.addEventListener('abort', check);
  check();
  const release = () => {
    for (const signal of signals) signal?.removeEventListener('abort', check);
  };
  return { signal: controller.signal, release };
}

/** `promise`, or the signal's reason as soon as it aborts, even while the request waits for its turn. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    void promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
