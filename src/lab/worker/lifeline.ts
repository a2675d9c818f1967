/**
 * @file Tells the page that its worker has ended, even without a word: a browser that takes a worker's memory away sends
 * no error. The worker holds a lock for as long as it lives, and the page waits for it. Unlike a ping, this raises no
 * false alarm about a worker that computes for minutes. A worker that ends before it holds its lock goes unnoticed.
 */

/** In the worker. @returns the name of its lock, once it is held; `null` where the browser has no locks */
export function holdLifeline(locks: LockManager | undefined): Promise<string | null> {
  if (!locks) return Promise.resolve(null);
  const name = `glovebox-worker-${crypto.randomUUID()}`;
  return new Promise((resolve, reject) => {
    locks.request(name, () => new Promise(() => resolve(name))).catch(reject);
  });
}

/** On the page. Calls `onEnd` when the holder of the lock has ended, unless `signal` aborts before. */
export function watchLifeline(
  locks: LockManager | undefined,
  name: string | null,
  onEnd: () => void,
  signal: AbortSignal,
): void {
  if (!locks || name === null || signal.aborted) return;
  locks.request(name, { signal }, onEnd).catch(() => {}); // it was not waited for to the end
}
