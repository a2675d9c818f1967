/** @file The erasures of pieces of a text that Erase-and-Check goes through, smallest first. */

/** Indices of the pieces that remain, in rising order. */
export type Remaining = readonly number[];

const without = (count: number, erased: ReadonlySet<number>): Remaining =>
  Array.from({ length: count }, (_, i) => i).filter((i) => !erased.has(i));

const range = (start: number, size: number) => Array.from({ length: size }, (_, i) => start + i);

/** All ways to choose `size` of the indices `from` … `count` − 1. */
function* subsets(count: number, size: number, from = 0): Generator<readonly number[]> {
  if (size === 0) return yield [];
  for (let first = from; first <= count - size; first++)
    for (const rest of subsets(count, size - 1, first + 1)) yield [first, ...rest];
}

/** For each mode, the erasures of `size` out of `count` pieces; the whole text is never erased. */
export const erasures = {
  /** The last `size` pieces. */
  suffix: function* (count: number, size: number): Generator<Remaining> {
    yield range(0, count - size);
  },
  /** Any block of `size` adjacent pieces. */
  insertion: function* (count: number, size: number): Generator<Remaining> {
    for (let start = 0; start <= count - size; start++) yield without(count, new Set(range(start, size)));
  },
  /** Any `size` pieces. */
  infusion: function* (count: number, size: number): Generator<Remaining> {
    for (const erased of subsets(count, size)) yield without(count, new Set(erased));
  },
} satisfies Record<string, (count: number, size: number) => Generator<Remaining>>;

export type Erasure = keyof typeof erasures;

export interface Erased {
  readonly texts: readonly Remaining[];
  /** `texts` includes all erasures of up to this many pieces. */
  readonly certified: number;
}

/** Every erasure of 1 … `most` of `count` pieces, or as many of them as `limit` allows. */
export function erasedTexts(way: Erasure, count: number, most: number, limit: number): Erased {
  const texts: Remaining[] = [];
  for (let size = 1; size <= Math.min(most, count - 1); size++)
    for (const text of erasures[way](count, size)) {
      if (texts.length === limit) return { texts, certified: size - 1 };
      texts.push(text);
    }
  return { texts, certified: most };
}
