/** @file Lists cut into groups in one pass. Pure. */

/** Items by what `key` says of them; groups and items in the order of first appearance. */
export function groupedBy<T, K>(items: readonly T[], key: (item: T) => K): ReadonlyMap<K, readonly T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const name = key(item);
    const own = groups.get(name);
    if (own) own.push(item);
    else groups.set(name, [item]);
  }
  return groups;
}
