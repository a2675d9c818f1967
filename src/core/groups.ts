/** @file Grouping of lists. Pure. */

/** Each item once, in the order of first appearance. */
export const distinct = <T>(items: readonly T[]): readonly T[] => [...new Set(items)];

/** What is there more than once, each once. */
export function repeated<T>(items: readonly T[]): readonly T[] {
  const seen = new Set<T>();
  return distinct(items.filter((item) => seen.has(item) || !seen.add(item)));
}

/** Items grouped by `key`; groups and items in the order of first appearance. */
export function groupedBy<T, K>(items: readonly T[], key: (item: T) => K): ReadonlyMap<K, readonly T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const groupKey = key(item);
    const group = groups.get(groupKey);
    if (group) group.push(item);
    else groups.set(groupKey, [item]);
  }
  return groups;
}
