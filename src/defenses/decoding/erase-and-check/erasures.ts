/** @file The ways to erase pieces of a text that Erase-and-Check goes through, smallest erasures first. */

/** Places of the pieces that stay, in rising order. */
export type Kept = readonly number[];

const without = (count: number, erased: ReadonlySet<number>): Kept =>
  Array.from({ length: count }, (_, i) => i).filter((i) => !erased.has(i));

const range = (start: number, size: number) => Array.from({ length: size }, (_, i) => start + i);

/** All ways to choose `size` of the places `from` … `count` − 1. */
function* subsets(count: number, size: number, from = 0): Generator<readonly number[]> {
  if (size === 0) return yield [];
  for (let first = from; first <= count - size; first++)
    for (const rest of subsets(count, size - 1, first + 1)) yield [first, ...rest];
}

/** Each way for each number of pieces; the whole text is never erased, since an empty prompt asks for nothing. */
export const erasures = {
  /** The last `size` pieces. */
  suffix: function* (count: number, size: number): Generator<Kept> {
    yield range(0, count - size);
  },
  /** Any block of `size` pieces next to each other. */
  insertion: function* (count: number, size: number): Generator<Kept> {
    for (let start = 0; start <= count - size; start++) yield without(count, new Set(range(start, size)));
  },
  /** Any `size` pieces. */
  infusion: function* (count: number, size: number): Generator<Kept> {
    for (const erased of subsets(count, size)) yield without(count, new Set(erased));
  },
} satisfies Record<string, (count: number, size: number) => Generator<Kept>>;

export type Erasure = keyof typeof erasures;

export interface Erased {
  readonly kept: readonly Kept[];
  /** All ways to erase up to this many pieces are among `kept`. */
  readonly certified: number;
}

/** Every way to erase 1 … `most` of `count` pieces, or as many of them as `limit` allows. */
export function erasedTexts(way: Erasure, count: number, most: number, limit: number): Erased {
  const kept: Kept[] = [];
  for (let size = 1; size <= Math.min(most, count - 1); size++)
    for (const text of erasures[way](count, size)) {
      if (kept.length === limit) return { kept, certified: size - 1 };
      kept.push(text);
    }
  return { kept, certified: most };
}
