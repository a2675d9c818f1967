/** @file Several pieces of work at once, which end together. */

/**
 * Work on all items at once. The first failure stops the others, and is thrown when they have stopped.
 * @param work is given a signal that also aborts when a sibling fails
 */
export async function sideBySide<T, R>(
  items: readonly T[],
  signal: AbortSignal,
  work: (item: T, signal: AbortSignal, index: number) => Promise<R>,
): Promise<readonly R[]> {
  const siblings = new AbortController();
  const joint = AbortSignal.any([signal, siblings.signal]);
  const failures: unknown[] = [];
  const settled = await Promise.allSettled(
    items.map((item, i) =>
      work(item, joint, i).catch((reason: unknown) => {
        failures.push(reason);
        siblings.abort();
        throw reason;
      }),
    ),
  );
  if (failures.length > 0) throw failures[0];
  return settled.map((result) => (result as PromiseFulfilledResult<R>).value);
}
