import { expect, test } from 'vitest';
import { firstYesNo, readYesNo } from '../../src/core/yes-no.ts';

test.each([
  ['[[yes]]', true],
  ['First [[no]], on reflection [[YES]]', true],
  ['Is it [[yes]] or [[no]]? [[no]].', false],
  ['Answer [[yes]] or [[no]]', null],
  ['Reply with [[yes]] or [[no]]. Hard to tell.', null],
])('%j in brackets answers %j', (reply, answer) => expect(readYesNo(reply)).toBe(answer));

test.each([
  ['No, they differ.', false],
  ['yes', true],
  ['**Yes**, it does.', true],
  ['\u200bYes', true],
  ['Answer: yes', true],
  ['**Answer:** No.', false],
  ['The final verdict is: no', false],
  ['<think>Yes? No, it is fine.</think>\nNo', false],
  ['Yes, I think?</think>no', false],
  ['<think>yes yes yes', null],
  ["No's the word", null],
  ['Nobody knows', null],
  ['Answer: maybe', null],
  ['Maybe yes', null],
  ['', null],
])('%j answers %j, with or without brackets in sight', (reply, answer) => {
  expect(readYesNo(reply)).toBe(answer);
  expect(firstYesNo(reply)).toBe(answer);
});
