/** @file Turns work that reports by callback into an async generator, and fast events into batches. */

/**
 * Run `work` and yield what it emits, in order, until it settles.
 * @returns what `work` resolves to; its rejection is thrown after the events that came before it.
 */
export async function* eventsOf<E, R>(work: (emit: (event: E) => void) => Promise<R>): AsyncGenerator<E, R> {
  const waiting: E[] = [];
  let wake = () => {};
  let settled = false;
  const emit = (event: E) => {
    waiting.push(event);
    wake();
  };
  const result = work(emit).finally(() => {
    settled = true;
    wake();
  });
  // The rejection is thrown below by `await result`; this keeps it from counting as unhandled until then.
  result.catch(() => {});
  for (;;) {
    while (waiting.length > 0) yield waiting.shift()!;
    if (settled) return await result;
    await new Promise<void>((resolve) => (wake = resolve));
  }
}
