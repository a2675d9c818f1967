import { describe, expect, test } from 'vitest';
import { boolean, choice, defaultsOf, integer, number, parseOptions, text } from '../../src/core/options.ts';

const spec = {
  steps: integer({ description: 'Steps.', default: 10, min: 1, max: 100 }),
  rate: number({ description: 'Rate.', default: 0.5, min: 0, max: 1 }),
  loud: boolean({ description: 'Loud.', default: false }),
  mode: choice({ description: 'Mode.', choices: ['near', 'far'], default: 'near' }),
  words: text({ description: 'Words.', default: 'hi', maxLength: 5 }),
};
const parse = (input: unknown) => parseOptions(spec, input, 'demo');

test('missing options take their defaults', () => {
  expect(parse({ steps: 3 })).toEqual({ ...defaultsOf(spec), steps: 3 });
  expect(parse(undefined)).toEqual(defaultsOf(spec));
});

describe('refuses', () => {
  test.each([
    [{ steps: 0 }, /steps/],
    [{ steps: 1.5 }, /steps/],
    [{ rate: 1.01 }, /rate/],
    [{ rate: Number.NaN }, /rate/],
    [{ loud: 'yes' }, /loud/],
    [{ mode: 'middle' }, /mode/],
    [{ words: 'too long' }, /words/],
    [{ volume: 1 }, /volume/],
    ['steps', /demo/],
  ])('%j', (input, reason) => {
    expect(() => parse(input)).toThrow(reason);
  });
  test('every offending option at once, and names what is known', () => {
    expect(() => parse({ steps: 0, rate: 2 })).toThrow(
      expect.objectContaining({
        code: 'bad-options',
        message: expect.stringMatching(/steps.*rate/s),
        advice: expect.stringContaining('mode'),
      }),
    );
  });
});
