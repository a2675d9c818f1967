/** @file Each item once, in the order of first appearance. Pure. */
export const distinct = <T>(items: readonly T[]): readonly T[] => [...new Set(items)];
