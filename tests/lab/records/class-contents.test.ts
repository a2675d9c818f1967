import { expect, test } from 'vitest';
import { parseClassContents } from '../../../src/lab/records/class-contents.ts';

const model = { id: 'smol', title: 'Smol', file: 'class/smol.zip', bytes: 9 };
const plan = { name: 'Ours', file: 'class/ours.json' };
const contents = { format: 'glovebox-class', version: 1, models: [model], plans: [plan] };

test('what a copy brings is read', () => {
  expect(parseClassContents(contents)).toEqual(contents);
});

test.each([
  [
    'a model twice',
    { models: [model, { ...model, title: 'Again' }] },
    /models: Each model may stand there only once/,
  ],
  [
    'a plan file twice',
    { plans: [plan, { ...plan, name: 'Again' }] },
    /plans: Each file may stand there only once/,
  ],
  ['a file outside of the copy', { plans: [{ ...plan, file: '../x.json' }] }, /plans\.0\.file/],
  ['a size that is none', { models: [{ ...model, bytes: -1 }] }, /models\.0\.bytes/],
  ['no list', { models: {} }, /models/],
])('a list written by hand with %s is refused with the reason', (_, change, reason) => {
  expect(() => parseClassContents({ ...contents, ...change })).toThrow(reason);
});
