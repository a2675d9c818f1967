/** @file Random choices and text arrangements that the lessons share. */
import type { Random } from '../../src/core/random.ts';

export const chance = (random: Random, probability: number): boolean => random.next() < probability;

/** One of `options`, each as likely as its weight. */
export function weighted<T>(options: readonly (readonly [weight: number, option: T])[], random: Random): T {
  let left = random.next() * options.reduce((sum, [weight]) => sum + weight, 0);
  for (const [weight, option] of options) {
    left -= weight;
    if (left < 0) return option;
  }
  return options.at(-1)![1];
}

export const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

/** Pairs of marks around a text. */
const marks: readonly (readonly [open: string, close: string])[] = [
  ['', ''],
  ['Text: ', ''],
  ['"', '"'],
  ['"""\n', '\n"""'],
  ['<text>\n', '\n</text>'],
  ['[begin]\n', '\n[end]'],
  ['---\n', '\n---'],
  ['<<<\n', '\n>>>'],
  ['====\n', '\n===='],
  ['-----\n', '\n-----'],
  ['[', ']'],
];

/** An instruction with the text that it applies to, in one of the usual arrangements. */
export function instruct(instruction: string, text: string, random: Random): string {
  const [open, close] = random.pick(marks);
  const quoted = `${open}${text}${close}`;
  return chance(random, 0.85)
    ? `${instruction}${random.pick(['\n', '\n', '\n\n', ' '])}${quoted}`
    : `${quoted}\n\n${instruction}`;
}
