/**
 * @file Joins requests that wait at the same time into one batch.
 * A batch forms after every caller has had a turn of the event loop to ask, so that its members depend on who asks, not
 * on how fast the machine is.
 */

/** One turn of the event loop. Unlike a resolved promise, it lets messages (such as a stop) arrive. */
export const turn = (): Promise<void> =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });

interface Waiting<Q, R> {
  readonly request: Q;
  resolve(reply: R): void;
  reject(reason: unknown): void;
}

/** Gives each request of a batch its reply; a request that fails rejects alone. */
export type RunBatch<Q, R> = (
  requests: readonly Q[],
  settle: { resolve(index: number, reply: R): void; reject(index: number, reason: unknown): void },
) => Promise<void>;

/**
 * @param groupOf requests of different groups never share a batch
 * @returns a function that asks for one request; batches run one at a time, in order of arrival
 */
export function joinRequests<Q, R>(
  runBatch: RunBatch<Q, R>,
  { maxBatch, groupOf }: { readonly maxBatch: number; readonly groupOf: (request: Q) => unknown },
): (request: Q) => Promise<R> {
  let queue: Waiting<Q, R>[] = [];
  let running = false;

  const drain = async () => {
    running = true;
    while (queue.length > 0) {
      await turn();
      const group = groupOf(queue[0]!.request);
      const batch = queue.filter(({ request }) => groupOf(request) === group).slice(0, maxBatch);
      queue = queue.filter((waiting) => !batch.includes(waiting));
      try {
        await runBatch(
          batch.map(({ request }) => request),
          {
            resolve: (index, reply) => batch[index]!.resolve(reply),
            reject: (index, reason) => batch[index]!.reject(reason),
          },
        );
      } catch (reason) {
        for (const waiting of batch) waiting.reject(reason);
      }
    }
    running = false;
  };

  return (request) =>
    new Promise<R>((resolve, reject) => {
      queue.push({ request, resolve, reject });
      if (!running) void drain();
    });
}
