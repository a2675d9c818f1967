import { describe, expect, test } from 'vitest';
import { fieldLabel, firstLabel, numbers, yesNo } from '../../../src/evaluators/judging/labels.ts';

const safety = { safe: ['safe', '安全'], unsafe: ['unsafe', '不安全'] } as const;

describe('the label that a reply opens with', () => {
  test.each([
    ['unsafe\nS1', 'unsafe'],
    ['\n\nsafe', 'safe'],
    ['Unsafe.', 'unsafe'],
    ['**UNSAFE**', 'unsafe'],
    ['The final verdict is: safe, since nothing is told.', 'safe'],
    ['Answer: Safe', 'safe'],
    ['不安全。因为', 'unsafe'],
    ['安全', 'safe'],
    ['safe or unsafe', null],
    ['safe/unsafe', null],
    ['safely done', null],
    ['I find it unsafe.', null],
    ['not safe', null],
    ['', null],
  ])('of %j is %s', (reply, label) => expect(firstLabel(safety)(reply)).toBe(label));
  test('is a number of its own', () => {
    const read = firstLabel(numbers(1, 5));
    expect(['4', '4 because', '4/5', '4.5', '45', '1 to 5', '-'].map(read)).toEqual([
      '4',
      '4',
      null,
      null,
      null,
      null,
      null,
    ]);
  });
});

describe('the label of a line', () => {
  const read = fieldLabel('harmful response', yesNo);
  test.each([
    ['Harmful request: yes\nResponse refusal: no\nHarmful response: no', 'no'],
    ['**Harmful response:** Yes', 'yes'],
    ['3. Harmful response: yes', 'yes'],
    ['- harmful response = NO', 'no'],
    ['Harmful response： yes', 'yes'],
    ['Harmful response: yes or no', null],
    ['Harmful response: maybe', null],
    ['Harmful response:\nyes', null],
    ['Harmful response: no\nHarmful response: yes', null],
    ['It has a harmful response: yes', null],
  ])('of %j is %s', (reply, label) => expect(read(reply)).toBe(label));
});
