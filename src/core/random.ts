/**
 * @file The one source of randomness. A generator is named by its seed and path: a method can fork a stream for each
 * part of its work, and draws in one part never shift those of another.
 */
import { hash128 } from './hash.ts';

export interface Random {
  /** Uniform in [0, 1), 32 bits. */
  next(): number;
  /** Uniform integer in [0, bound). */
  integer(bound: number): number;
  /** One item, uniformly. @throws RangeError on an empty list. */
  pick<T>(items: readonly T[]): T;
  /** `count` distinct items, in random order. @throws RangeError if there are fewer. */
  sample<T>(items: readonly T[], count: number): T[];
  /** A shuffled copy. */
  shuffle<T>(items: readonly T[]): T[];
  /** Standard normal (Box–Muller). */
  normal(): number;
  /** An independent stream that depends only on this one's name and `label`, not on earlier draws. */
  fork(label: string | number): Random;
}

/** A small, fast counter generator (sfc32) named by `seed`. Equal names give equal streams. */
export function createRandom(seed: string | number): Random {
  const name = String(seed);
  let [a, b, c, counter] = hash128(name);

  const bits = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let i = 0; i < 12; i++) bits();

  const next = () => bits() / 4294967296;
  const integer = (bound: number) => Math.floor(next() * bound);
  const shuffle = <T>(items: readonly T[]): T[] => {
    const copy = [...items];
    for (let i = copy.length - 1; i > 0; i--) {
      const j = integer(i + 1);
      [copy[i], copy[j]] = [copy[j] as T, copy[i] as T];
    }
    return copy;
  };
  return {
    next,
    integer,
    shuffle,
    pick: (items) => {
      if (items.length === 0) throw new RangeError('Cannot pick from an empty list.');
      return items[integer(items.length)] as (typeof items)[number];
    },
    sample: (items, count) => {
      if (count > items.length) throw new RangeError(`Cannot draw ${count} of ${items.length} items.`);
      return shuffle(items).slice(0, count);
    },
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    fork: (label) => createRandom(`${name}/${label}`),
  };
}

/** The seed of a request as a number of 31 bits, which is all that other people's servers and engines take. */
export const seedNumber = (seed: string): number => hash128(seed)[0] >>> 1;
