import { describe, expect, test } from 'vitest';
import { endsInThought, isThoughtTag, splitThoughts, withThoughtClosed } from '../../src/core/thoughts.ts';

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

test.each([
  ['<think>', '</think>'],
  ['<Reasoning>', '</Reasoning>'],
  ['<seed:think>', '</seed:think>'],
  ['<longcat_think>', '</longcat_think>'],
  ['[THINK]', '[/THINK]'],
  ['<|begin_of_thought|>', '<|end_of_thought|>'],
  ['<|START_THINKING|>', '<|END_THINKING|>'],
  ['◁think▷', '◁/think▷'],
])('%s opens a thought that %s closes, and no other text does', (opening, closing) => {
  const hm = { thoughts: 'Hm, </thin [THIN', answer: 'No.' };
  expect(splitThoughts(`${opening}\n${hm.thoughts}\n${closing}\n\nNo.`)).toEqual(hm);
  expect(splitThoughts(`${hm.thoughts}${closing}No.`, { begun: true })).toEqual(hm);
  expect([opening, closing, `x${opening}`, closing.slice(1)].map(isThoughtTag)).toEqual([
    true,
    true,
    false,
    false,
  ]);
  expect(endsInThought(`Go on.${opening}\n`)).toBe(true);
  expect(endsInThought(`Go on.${closing}\n`)).toBe(false);
  const closed = withThoughtClosed(`Go on.${opening}\n`);
  expect(closed.toLowerCase()).toBe(`Go on.${opening}\n\n${closing}\n\n`.toLowerCase());
  expect(endsInThought(closed)).toBe(false);
});

test('a prompt that opens no thought is left as it is', () => {
  expect(withThoughtClosed('<think> he said\n')).toBe('<think> he said\n');
});

test('a prompt opens a thought if its last tag is an opening one, at its end', () => {
  expect(endsInThought('<|assistant|><think>\n')).toBe(true);
  expect(endsInThought('<think>\n\n</think>\n\n')).toBe(false);
  expect(endsInThought('<think> he said')).toBe(false);
});
