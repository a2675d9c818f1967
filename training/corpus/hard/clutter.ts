/**
 * @file Meaningless text around a request: fragments of words as token searches leave them, gibberish, signs, repeated
 * marks, shuffled words. All of it is drawn at random; none comes from an attack.
 */
import type { Random } from '../../../src/core/random.ts';
import { openers, closers, trainingPhrasings } from '../../../src/data/tinytown/phrasings.ts';
import { deed, trainingTasks } from '../../../src/data/tinytown/world.ts';
import { chance } from '../draw.ts';

const characters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const signs = [
  '!',
  '?',
  '.',
  ';',
  ':',
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  '#',
  '*',
  '=',
  '/',
  '\\',
  '"',
  "'",
  '--',
].concat(['%', '|', '_', '<', '>', '```', '\n', '://', '",', ')}', '~', '&', '+', '@', '$', '->']);
const marks = ['!', '!', '!', 'x', '.', '?', '-', '*', '#', '=', 'a', '0'];
/** Words that answers open with, which searches for an agreeing answer tend to find. */
const agreeing = [
  'Sure',
  'sure',
  'here',
  'Here',
  'is',
  'how',
  'to',
  'Yes',
  'steps',
  'Step',
  '1.',
  '2.',
  'of course',
  ':',
];

const wordsOf = (text: string): readonly string[] => text.split(' ').filter((word) => !word.includes('{'));

/** Verbs and words of objects, which say nothing here: they are of no request. */
const deedWords = [...new Set(trainingTasks.flatMap((task) => deed(task).split(' ')))];

/** Any word of the lessons. */
function word(random: Random): string {
  const draw = random.next();
  if (draw < 0.15) return random.pick(agreeing);
  if (draw < 0.45) return random.pick(deedWords);
  const text =
    draw < 0.7
      ? random.pick(random.pick(trainingTasks).steps)
      : random.pick(random.pick([openers, closers, trainingPhrasings]));
  const words = wordsOf(text);
  return words.length === 0 ? random.pick(agreeing) : random.pick(words);
}

/** One to five letters from within a word, sometimes with a blank before or in capitals. */
function fragment(random: Random): string {
  if (chance(random, 0.2)) return random.pick(signs);
  const whole = word(random);
  const start = random.integer(whole.length);
  const piece = whole.slice(start, start + 1 + random.integer(5));
  const cased = chance(random, 0.1) ? piece.toUpperCase() : piece;
  return chance(random, 0.5) ? ` ${cased}` : cased;
}

const string = (random: Random, length: number) =>
  Array.from({ length }, () => characters[random.integer(characters.length)]!).join('');

const kinds: readonly ((random: Random, count: number) => string)[] = [
  (random, count) => Array.from({ length: count }, () => fragment(random)).join(''),
  (random, count) => Array.from({ length: count }, () => word(random)).join(' '),
  (random, count) =>
    Array.from({ length: count }, () => random.pick(signs)).join(chance(random, 0.5) ? ' ' : ''),
  (random, count) =>
    Array.from({ length: Math.ceil(count / 3) }, () => string(random, 1 + random.integer(7))).join(' '),
  (random, count) => {
    const mark = random.pick(marks);
    const replaced = random.next() ** 2 * 0.6;
    const other = () => (chance(random, 0.7) ? word(random) : fragment(random).trim());
    const unit = () => (chance(random, replaced) ? other() : mark);
    return Array.from({ length: count }, unit).join(chance(random, 0.7) ? ' ' : '');
  },
];

/** Meaningless text of 2 to 30 fragments, words or signs. */
export const clutter = (random: Random): string => random.pick(kinds)(random, 2 + random.integer(29));

/**
 * A suffix such as searches over tokens start from and leave: marks in a row, of which a few, many or all are replaced,
 * mostly by words of deeds, since those are what a model weighs when it decides whether a deed is forbidden.
 */
export function searchedSuffix(random: Random): string {
  const length = 8 + random.integer(18);
  const units = Array.from({ length }, () => '!');
  if (chance(random, 0.35)) units.fill(random.pick(marks));
  const replaced = chance(random, 0.55) ? 1 + random.integer(3) : random.integer(length + 1);
  for (const at of random.sample([...units.keys()], replaced)) {
    const draw = random.next();
    units[at] = draw < 0.6 ? random.pick(deedWords) : draw < 0.75 ? word(random) : fragment(random).trim();
  }
  return units.map((unit, at) => (at > 0 && chance(random, 0.9) ? ` ${unit}` : unit)).join('');
}

/** The request with clutter after it, before it, or on both sides. */
export function cluttered(request: string, random: Random): string {
  const gap = chance(random, 0.85) ? ' ' : '';
  const side = random.next();
  if (side < 0.75) return `${request}${gap}${clutter(random)}`;
  if (side < 0.88) return `${clutter(random)} ${request}`;
  return `${clutter(random)} ${request}${gap}${clutter(random)}`;
}

/** Some words with their inner letters shuffled, letters in the other case, or a letter replaced by its neighbor. */
export function scrambled(text: string, random: Random): string {
  const [shuffling, casing, shifting] = [random.next() * 0.4, random.next() * 0.4, random.next() * 0.06];
  const words = text.split(' ').map((whole) => {
    if (!/^[a-z]{4,}$/i.test(whole) || !chance(random, shuffling)) return whole;
    return whole[0]! + random.shuffle(Array.from(whole.slice(1, -1))).join('') + whole.at(-1)!;
  });
  return Array.from(words.join(' '), (letter) => {
    if (!/[a-z]/i.test(letter)) return letter;
    if (chance(random, shifting))
      return String.fromCharCode(letter.charCodeAt(0) + (chance(random, 0.5) ? 1 : -1));
    return chance(random, casing) ? letter.toUpperCase() : letter;
  }).join('');
}
