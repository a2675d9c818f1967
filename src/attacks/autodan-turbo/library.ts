/** @file The strategy library of AutoDAN-Turbo: plain data, searched by the answers that a strategy improved on. */
import { plainText } from '../../core/plain-text.ts';
import { mean } from '../../core/statistics.ts';

/** One rise of the score that a strategy explains. */
export interface StrategyUse {
  /** The prompt with the higher score. */
  readonly example: string;
  /** The answer to the prompt with the lower score, by which the strategy is found. */
  readonly response: string;
  /** How far the score rose. */
  readonly gain: number;
}

export interface StrategyName {
  readonly name: string;
  readonly definition: string;
}

export interface Strategy extends StrategyName {
  readonly uses: readonly StrategyUse[];
}

export type StrategyLibrary = readonly Strategy[];

export const sameName = (one: string, other: string): boolean =>
  one.trim().toLowerCase() === other.trim().toLowerCase();

/** The library with one more use of a strategy; one whose name it has keeps its definition. */
export function withStrategy(
  library: StrategyLibrary,
  { name, definition }: StrategyName,
  use: StrategyUse,
): StrategyLibrary {
  const at = library.findIndex((strategy) => sameName(strategy.name, name));
  if (at < 0) return [...library, { name, definition, uses: [use] }];
  const known = library[at]!;
  return library.with(at, { ...known, uses: [...known.uses, use] });
}

export interface RetrievedStrategy extends StrategyName {
  readonly example: string;
  readonly gain: number;
}

/** What the library advises after an answer: strategies to use, to avoid, or nothing. */
export interface Advice {
  readonly kind: 'use' | 'avoid' | 'none';
  readonly strategies: readonly RetrievedStrategy[];
}

/** From this gain on, a strategy is used alone. */
const strongGain = 5;
/** Below this gain, a strategy is to be avoided. */
const weakGain = 2;

/**
 * The strategies whose keys are closest to `response`. Of the 2k closest, the k with the highest gain count: the best
 * alone if it is strong, else all that are not weak; if all are weak, they are to be avoided.
 * @param k most strategies to return
 */
export function retrieve(library: StrategyLibrary, response: string, k: number): Advice {
  const words = wordCounts(response);
  const byCloseness = library
    .flatMap((strategy) =>
      strategy.uses.map((use) => ({ strategy, use, closeness: similarity(words, wordCounts(use.response)) })),
    )
    .toSorted((a, b) => b.closeness - a.closeness);
  const closest = new Map<Strategy, StrategyUse[]>();
  for (const { strategy, use } of byCloseness) {
    closest.set(strategy, [...(closest.get(strategy) ?? []), use]);
    if (closest.size === 2 * k) break;
  }
  const ranked = [...closest]
    .map(retrieved)
    .toSorted((a, b) => b.gain - a.gain)
    .slice(0, k);
  const best = ranked[0];
  if (best === undefined) return { kind: 'none', strategies: [] };
  if (best.gain >= strongGain) return { kind: 'use', strategies: [best] };
  const effective = ranked.filter(({ gain }) => gain >= weakGain);
  return effective.length > 0
    ? { kind: 'use', strategies: effective }
    : { kind: 'avoid', strategies: ranked };
}

/** A strategy with the mean gain of its closest uses and the example of the best of them. */
function retrieved([{ name, definition }, uses]: readonly [
  Strategy,
  readonly StrategyUse[],
]): RetrievedStrategy {
  const best = uses.reduce((highest, use) => (use.gain > highest.gain ? use : highest));
  return { name, definition, example: best.example, gain: mean(uses.map(({ gain }) => gain)) };
}

type WordCounts = ReadonlyMap<string, number>;

function wordCounts(text: string): WordCounts {
  const counts = new Map<string, number>();
  for (const [word] of plainText(text)
    .toLowerCase()
    .matchAll(/[\p{L}\p{N}]+/gu))
    counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

const length = (counts: WordCounts) => Math.hypot(...counts.values());

/** Cosine of two counts of words, from 0 to 1; 0 for a text without words. */
function similarity(one: WordCounts, other: WordCounts): number {
  let product = 0;
  for (const [word, count] of one) product += count * (other.get(word) ?? 0);
  return product / (length(one) * length(other) || Infinity);
}
