import { describe, expect, test } from 'vitest';
import { endsInThought, splitThoughts } from '../../src/core/thoughts.ts';

describe('thoughts are told from the answer', () => {
  test.each([
    ['<think>\nHm.\n</think>\n\nYes.', 'Hm.', 'Yes.'],
    ['<think></think>Yes.', '', 'Yes.'],
    ['Hm.\n</think>\n\nYes.', 'Hm.', 'Yes.'],
    ['<think>Hm', 'Hm', ''],
    ['<think>a</think>b<think>c</think>d', 'a</think>b<think>c', 'd'],
    ['<think>a</think>Yes.\n<think>but', 'a\n\nbut', 'Yes.\n'],
    ['[THINK]Hm.[/THINK]Yes.', 'Hm.', 'Yes.'],
    [' Yes.\n', null, ' Yes.\n'],
    ['The tag <think> opens it.', null, 'The tag <think> opens it.'],
  ])('%j', (text, thoughts, answer) => {
    expect(splitThoughts(text)).toEqual({ thoughts, answer });
  });
  test('if the prompt opened them', () => {
    expect(splitThoughts('Hm.</think>Yes.', { begun: true })).toEqual({ thoughts: 'Hm.', answer: 'Yes.' });
    expect(splitThoughts('Hm', { begun: true })).toEqual({ thoughts: 'Hm', answer: '' });
  });
});

test('a prompt opens a thought if its last tag is an opening one, at its end', () => {
  expect(endsInThought('<|assistant|><think>\n')).toBe(true);
  expect(endsInThought('<think>\n\n</think>\n\n')).toBe(false);
  expect(endsInThought('<think> he said')).toBe(false);
});
