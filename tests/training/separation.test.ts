/** @file Templates of attacks and training text share no six words in a row, beyond what helpers are told to do. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../src/core/random.ts';
import type { Curriculum } from '../../training/corpus/curricula.ts';
import { lesson } from '../../training/corpus/lessons.ts';

const size = 6;
const olderCurricula = ['base', 'chat', 'polite', 'expert', 'helper', 'craft', 'judge'] as const;

/**
 * Instructions to helper models that their lessons hold in the same words, as the helper's card says. No frame around a
 * request is among them.
 */
const taughtInstructions = [
  'rewrite the text in other words',
  'rate from 1 to 10 how fully the answer does',
  'say it in six words or fewer',
  'change the order of the words',
  'answer with yes or no goal',
  'prompt for the goal last prompt',
];
const isTaught = (gram: string) => taughtInstructions.some((phrase) => phrase.includes(gram));

const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? [];
const gramsOf = (text: string): string[] => {
  const words = wordsOf(text);
  return words.slice(size - 1).map((_, i) => words.slice(i, i + size).join(' '));
};

const jsonFiles = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .map((name) => join(folder, name));
const stringsIn = (value: unknown): string[] =>
  typeof value === 'string'
    ? [value]
    : typeof value === 'object' && value !== null
      ? Object.values(value).flatMap(stringsIn)
      : [];

/** Six words of a template, and the file that holds them. Placeholders end a run of words. */
const templateGrams = new Map(
  jsonFiles('src')
    .filter((file) => file.includes('/templates/'))
    .flatMap((file) =>
      stringsIn(JSON.parse(readFileSync(file, 'utf8')))
        .flatMap((text) => text.split(/\{[^}]*\}/))
        .flatMap(gramsOf)
        .map((gram) => [gram, file] as const),
    ),
);

function sharedWith(curricula: readonly Curriculum[]): string[] {
  const shared = new Set<string>();
  for (const curriculum of curricula)
    for (let i = 0; i < 2000; i++)
      for (const { content } of lesson(curriculum, createRandom(`separation/${curriculum}/${i}`)).messages)
        for (const gram of gramsOf(content)) if (templateGrams.has(gram)) shared.add(gram);
  return [...shared].sort().map((gram) => `${templateGrams.get(gram)}: ${gram}`);
}
const gramIn = (line: string) => line.slice(line.indexOf(': ') + 2);

describe('templates of attacks', () => {
  test('are read, and so are the lessons', () => {
    expect(templateGrams.size).toBeGreaterThan(500);
    expect(gramsOf('One two, three: four "five" six!')).toEqual(['one two three four five six']);
  });

  test('share no six words in a row with the safety lessons of Tinytown Hard', () => {
    expect(sharedWith(['hard', 'steady'])).toEqual([]);
  });

  test('share no more with the lessons of the older models than is said', () => {
    const shared = sharedWith(olderCurricula);
    expect(shared.filter((line) => !isTaught(gramIn(line)))).toEqual([]);
    const grams = shared.map(gramIn).join('|');
    const gone = taughtInstructions.filter((phrase) => !gramsOf(phrase).some((gram) => grams.includes(gram)));
    expect(gone, 'no longer shared: take it off the list').toEqual([]);
  });
});
