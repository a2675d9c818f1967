/** @file The operators of a genetic search over texts: crossover of sentences and exchange of words for synonyms. */
import type { Random } from '../../core/random.ts';
import { mean } from '../../core/statistics.ts';
import { drawBy, rouletteChances } from '../parts/draws.ts';

/** The sentences of a text, trimmed; a text without a full stop is one sentence. */
export const sentencesOf = (text: string): readonly string[] =>
  (text.match(/[^.!?]+[.!?]*["”')\]]*|[.!?]+/g) ?? []).map((sentence) => sentence.trim()).filter(Boolean);

/**
 * Two children of two texts: both are cut at up to `points` sentence boundaries, and each stretch is kept or exchanged
 * with equal chance. Every sentence of the parents is in one of the children.
 */
export function crossOver(a: string, b: string, points: number, random: Random): [string, string] {
  const [left, right] = [sentencesOf(a), sentencesOf(b)];
  const places = Math.min(left.length, right.length) - 1;
  if (places < 1) return [a, b];
  const possible = Array.from({ length: places }, (_, i) => i + 1);
  const cuts = random.sample(possible, Math.min(points, places)).sort((x, y) => x - y);
  const children: [string[], string[]] = [[], []];
  for (const [i, start] of [0, ...cuts].entries()) {
    const end = cuts[i] ?? Infinity;
    const exchanged = random.next() < 0.5;
    children[exchanged ? 1 : 0].push(...left.slice(start, end));
    children[exchanged ? 0 : 1].push(...right.slice(start, end));
  }
  return [children[0].join(' '), children[1].join(' ')];
}

const wordPattern = /\p{L}+(?:['’]\p{L}+)*/gu;

/** Scores of words over generations: of each word, how fit the texts were that held it. */
export type Momentum = ReadonlyMap<string, number>;

/**
 * Score each word by the mean fitness of the texts that hold it, averaged with its earlier score.
 * @param scores fitness of each text; texts of fitness −∞ are passed over
 * @param size most words to remember, those with the highest scores
 * @param words the words that can be exchanged, in lower case; others are not remembered
 */
export function updateMomentum(
  momentum: Momentum,
  texts: readonly string[],
  scores: readonly number[],
  size: number,
  words: { has(word: string): boolean },
): Momentum {
  const scoresOf = new Map<string, number[]>();
  for (const [i, text] of texts.entries())
    if (scores[i]! > -Infinity)
      for (const word of new Set((text.match(wordPattern) ?? []).map((match) => match.toLowerCase())))
        if (words.has(word)) scoresOf.set(word, [...(scoresOf.get(word) ?? []), scores[i]!]);
  const updated = [...scoresOf].map(([word, values]): [string, number] => {
    const old = momentum.get(word);
    return [word, old === undefined ? mean(values) : (old + mean(values)) / 2];
  });
  return new Map([...new Map([...momentum, ...updated])].toSorted((a, b) => b[1] - a[1]).slice(0, size));
}

/** For each word, the other words of its groups; a group is a list of words separated by blanks. */
export function synonymTable(groups: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const table = new Map<string, string[]>();
  for (const group of groups) {
    const words = group.split(/\s+/).filter(Boolean);
    for (const word of words)
      table.set(word, [...(table.get(word) ?? []), ...words.filter((other) => other !== word)]);
  }
  return table;
}

const likeCase = (word: string, model: string): string =>
  model[0] === model[0]!.toUpperCase() ? word[0]!.toUpperCase() + word.slice(1) : word;

/**
 * Exchange words for synonyms at random places; synonyms with a high score are likelier. A word without a score counts
 * as the one with the lowest.
 * @param most most words to exchange
 * @param rate chance that a word is exchanged
 */
export function exchangeWords(
  text: string,
  synonyms: ReadonlyMap<string, readonly string[]>,
  momentum: Momentum,
  { most, rate }: { readonly most: number; readonly rate: number },
  random: Random,
): string {
  const eligible = [...text.matchAll(wordPattern)]
    .filter(([word]) => synonyms.has(word.toLowerCase()))
    .map(({ index }) => index);
  const drawnPlaces = random.shuffle(eligible).filter(() => random.next() < rate);
  const places = new Set(drawnPlaces.slice(0, most));
  const worst = Math.min(0, ...momentum.values());
  return text.replace(wordPattern, (word, at: number) => {
    if (!places.has(at)) return word;
    const others = synonyms.get(word.toLowerCase())!;
    const chances = rouletteChances(others.map((other) => momentum.get(other) ?? worst));
    return likeCase(others[drawBy(chances, random)]!, word);
  });
}
