/** @file A limited number of places, given out in the order of asking. */

export interface Slots {
  /** Resolves to what gives the place back. @throws the reason of the signal if it aborts first */
  take(signal?: AbortSignal): Promise<() => void>;
}

export function createSlots(count: number): Slots {
  let free = count;
  const waiting: (() => void)[] = [];
  const release = () => {
    const next = waiting.shift();
    if (next) next();
    else free++;
  };
  return {
    async take(signal) {
      signal?.throwIfAborted();
      if (free > 0) free--;
      else
        await new Promise<void>((resolve, reject) => {
          const onAbort = () => {
            waiting.splice(waiting.indexOf(onTurn), 1);
            reject(signal!.reason as Error);
          };
          const onTurn = () => {
            signal?.removeEventListener('abort', onAbort);
            resolve();
          };
          waiting.push(onTurn);
          signal?.addEventListener('abort', onAbort, { once: true });
        });
      return release;
    },
  };
}
