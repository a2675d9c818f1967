import { expect, test } from 'vitest';
import { failure, isAbort, LabError, outcomeOf } from '../../src/core/errors.ts';

test('a lab error keeps its code and advice as an outcome that survives cloning', async () => {
  const outcome = await outcomeOf(async () => {
    throw new LabError('bad-plan', 'No such field.', { advice: 'Remove it.' });
  });
  expect(structuredClone(outcome)).toEqual({
    status: 'failed',
    code: 'bad-plan',
    message: 'No such field.',
    advice: 'Remove it.',
  });
});

test('an abort is a cancellation, not a failure', async () => {
  const signal = AbortSignal.abort();
  expect(await outcomeOf(async () => signal.throwIfAborted())).toEqual({ status: 'cancelled' });
  expect(isAbort(new Error('no'))).toBe(false);
});

test('a script of the app that cannot be had leads to the repair', () => {
  for (const message of [
    'Failed to fetch dynamically imported module: http://host/engines/a.js',
    'error loading dynamically imported module: http://host/engines/a.js',
    'Importing a module script failed.',
  ])
    expect(failure(new TypeError(message))).toMatchObject({
      code: 'unreachable',
      advice: expect.stringContaining('Repair') as string,
    });
});

test('anything else is a bug', () => {
  expect(failure(new TypeError('x is undefined'))).toMatchObject({ status: 'failed', code: 'bug' });
  expect(failure('thrown text')).toMatchObject({ code: 'bug', message: 'thrown text' });
});

test('a result comes through', async () => {
  expect(await outcomeOf(async () => 3)).toEqual({ status: 'done', value: 3 });
});
