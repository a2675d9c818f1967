/** @file The moves of a genetic search over texts: who has children, how two texts mix, which words are exchanged. */
import { mean } from '../../core/statistics.ts';
import type { Random } from '../../core/random.ts';

/** Chances by fitness: the softmax of `scores`. A score of −∞ has none, unless all are. */
export function rouletteChances(scores: readonly number[]): readonly number[] {
  const highest = Math.max(...scores);
  if (highest === -Infinity) return scores.map(() => 1 / scores.length);
  const weights = scores.map((score) => Math.exp(score - highest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** An index drawn by `chances`, which add up to 1. */
export function drawBy(chances: readonly number[], random: Random): number {
  let left = random.next();
  for (const [index, chance] of chances.entries()) {
    left -= chance;
    if (left < 0) return index;
  }
  return chances.findLastIndex((chance) => chance > 0);
}

/** Sentences without the blanks between them; a text without a full stop is one sentence. */
export const sentencesOf = (text: string): readonly string[] =>
  (text.match(/[^.!?]+[.!?]*["”')\]]*|[.!?]+/g) ?? []).map((sentence) => sentence.trim()).filter(Boolean);

/**
 * Two children of two texts: both are cut at up to `points` sentences, and each stretch is kept or exchanged by the
 * toss of a coin. Every sentence of the parents is in one of the children.
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

/** How well texts with a word do: a memory over generations, at most `size` words, the best. */
export type Momentum = ReadonlyMap<string, number>;

/**
 * Score each word by the mean fitness of the texts that hold it, averaged with what was known of it before.
 * @param scores fitness of each text; texts of fitness −∞ say nothing
 * @param words those worth a place in the memory, in lower case; others could never be exchanged
 */
export function updateMomentum(
  known: Momentum,
  texts: readonly string[],
  scores: readonly number[],
  size: number,
  words: { has(word: string): boolean },
): Momentum {
  const seen = new Map<string, number[]>();
  for (const [i, text] of texts.entries())
    if (scores[i]! > -Infinity)
      for (const word of new Set((text.match(wordPattern) ?? []).map((found) => found.toLowerCase())))
        if (words.has(word)) seen.set(word, [...(seen.get(word) ?? []), scores[i]!]);
  const fresh = [...seen].map(([word, values]): [string, number] => {
    const old = known.get(word);
    return [word, old === undefined ? mean(values) : (old + mean(values)) / 2];
  });
  return new Map([...new Map([...known, ...fresh])].toSorted((a, b) => b[1] - a[1]).slice(0, size));
}

/** Words by the other words of their groups; each group is words with blanks between. */
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
 * Exchange words for synonyms, at most `most` of them, wherever they stand; synonyms that did well are likelier. A
 * word that the memory does not know counts as its worst.
 * @param rate chance of each word that was picked
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
  const picked = random.shuffle(eligible).filter(() => random.next() < rate);
  const places = new Set(picked.slice(0, most));
  const worst = Math.min(0, ...momentum.values());
  return text.replace(wordPattern, (word, at: number) => {
    if (!places.has(at)) return word;
    const others = synonyms.get(word.toLowerCase())!;
    const chances = rouletteChances(others.map((other) => momentum.get(other) ?? worst));
    return likeCase(others[drawBy(chances, random)]!, word);
  });
}
