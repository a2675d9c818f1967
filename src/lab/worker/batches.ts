/** @file Carries fast events across threads: in batches, and with a way to wait for the last one. */

export interface Batches<E> {
  add(event: E): void;
  /** Deliver what is left. Resolves when the receiver has seen everything. */
  close(): Promise<void>;
}

/**
 * Collect events and deliver them at most once per frame, and only after the receiver has taken the last batch,
 * so that a slow page gets larger batches instead of a longer queue.
 */
export function inBatches<E>(deliver: (events: readonly E[]) => unknown, everyMs = 16): Batches<E> {
  let waiting: E[] = [];
  let delivering: Promise<void> = Promise.resolve();
  let timer: ReturnType<typeof setTimeout> | undefined;

  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    delivering = delivering.then(async () => {
      const batch = waiting;
      waiting = [];
      if (batch.length > 0) await deliver(batch);
    });
    return delivering;
  };
  return {
    add(event) {
      waiting.push(event);
      timer ??= setTimeout(() => void flush().catch(() => {}), everyMs); // a rejection is thrown by `close`
    },
    close: flush,
  };
}

/**
 * A callback whose far side is another thread: it is not waited for at each call, but `settled` resolves when the
 * far side has taken the last one. Replies and callbacks travel apart, so a reply could otherwise overtake them.
 */
export function relay<A extends readonly unknown[]>(callback: (...args: A) => unknown) {
  let last: unknown;
  return {
    send: (...args: A): void => void (last = callback(...args)),
    settled: async (): Promise<void> => void (await last),
  };
}
