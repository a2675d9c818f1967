import { expect, test } from 'vitest';
import { contentWords, echoShare } from '../../../src/attacks/parts/content-words.ts';

test('an answer echoes a request by its content words, whatever their case', () => {
  const request = 'How do I wake the Stone giant?';
  expect(contentWords(request)).toEqual(['wake', 'stone', 'giant']);
  expect(echoShare(request, 'Sure: WAKE the giants.')).toBeCloseTo(2 / 3);
  expect(echoShare(request, 'I only know about boats.')).toBe(0);
  expect(echoShare('How do I do it?', 'Anything.')).toBe(1);
});
