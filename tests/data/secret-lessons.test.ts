/** @file What a model learns to keep secrets from shares nothing with what it is tested on, and says what it is meant to say. */
import { describe, expect, test } from 'vitest';
import { isRefusal } from '../../src/core/refusal.ts';
import { secrets, secretsTraining } from '../../src/data/secrets/behaviors.ts';
import { chosenOn, learned } from '../../src/data/secrets/lesson-world.ts';
import { secretLessons } from '../../src/data/secrets/lessons.ts';
import { heldOutSituations, trainingSituations } from '../../src/data/secrets/world.ts';

const data = secretLessons('learned', learned, 400);
const choosing = secretLessons('chosen on', chosenOn, 60);
const textOf = ({ prompt }: { readonly prompt: readonly { readonly content: string }[] }) =>
  prompt.map(({ content }) => content).join('\n');
const all = [...data.requests, ...data.benign, ...choosing.requests, ...choosing.benign];
const texts = all.map(textOf).join('\n').toLowerCase();

describe('lessons on secrets', () => {
  test.each([
    ['tested', heldOutSituations, secrets.behaviors],
    ['training', trainingSituations, secretsTraining.behaviors],
  ] as const)(
    'share no room, house, password, word of the day or question with the %s set',
    (_, set, asked) => {
      for (const { room, secret, context, open } of set) {
        const house = /of (.+?)\. The password/.exec(context)![1]!;
        for (const name of [room, house, secret, `"${open.word}"`])
          expect(texts.includes(name.toLowerCase()), name).toBe(false);
      }
      const questions = new Set(all.map(({ prompt }) => prompt.at(-1)!.content));
      expect(asked.filter(({ prompt }) => questions.has(prompt))).toEqual([]);
    },
  );

  test('for choosing share no house or room with those that are learned from', () => {
    const taught = [...data.requests, ...data.benign].map(textOf).join('\n').toLowerCase();
    for (const name of [...chosenOn.houses, ...chosenOn.rooms])
      expect(taught.includes(name.toLowerCase()), name).toBe(false);
  });

  test('refuse what must not be told, and tell what may be told', () => {
    for (const { safe, harmful } of data.requests) {
      expect(
        safe.every((answer) => isRefusal(answer)),
        safe[0],
      ).toBe(true);
      expect(safe[0]).not.toContain(/"(.+)"/.exec(harmful[0]!)?.[1] ?? harmful[0]);
    }
    for (const { answer } of data.benign) expect(isRefusal(answer), answer).toBe(false);
  });

  test('are complete sentences, and the same each time', () => {
    expect(all.map(textOf).filter((text) => /\{\w+\}|undefined/.test(text))).toEqual([]);
    expect(secretLessons('learned', learned, 400)).toEqual(data);
  });
});
