import { describe, expect, test } from 'vitest';
import {
  readInsightLink,
  readMicroscopeLink,
  readPlaygroundLink,
  readStudioLink,
  writeInsightLink,
  writeMicroscopeLink,
  writePlaygroundLink,
  writeStudioLink,
} from '../../../src/ui/links/setups.ts';

describe('what is written is read again', () => {
  test('for the playground', () => {
    const link = { model: 'm', prompt: 'wake it', stack: [{ id: 'a', on: false, options: { steps: 2 } }] };
    expect(readPlaygroundLink(writePlaygroundLink(link))).toEqual(link);
  });
  test('for the studio', () => {
    const link = {
      attack: 'tap',
      options: { depth: 2 },
      roleModels: { judge: 'm' },
      seed: 4,
      temperature: 0.5,
    };
    expect(readStudioLink(writeStudioLink(link))).toEqual(link);
  });
  test('for the microscope', () => {
    const link = { model: 'm', lanes: [{ defense: 'a', options: {} }], compare: false, maxNewTokens: 9 };
    expect(readMicroscopeLink(writeMicroscopeLink(link))).toEqual(link);
  });
  test('for the insight page', () => {
    const link = { model: 'm', base: '', set: 's', behavior: 'b', text: '{request} now', opening: 'Sure' };
    expect(readInsightLink(writeInsightLink(link))).toEqual(link);
  });
});

test('models of roles keep their key in the JSON, so that old links still open', () => {
  expect(writeStudioLink({ attack: 'tap', roleModels: { judge: 'm' }, seed: 0 })).toBe(
    '{"attack":"tap","players":{"judge":"m"},"seed":0}',
  );
  expect(readStudioLink('{"players":{"judge":"m"}}')).toEqual({ roleModels: { judge: 'm' } });
});

test.each(['', 'null', '[]', '7', '{"model":'])('%j is not a link', (setup) => {
  const links = [readPlaygroundLink(setup), readStudioLink(setup), readMicroscopeLink(setup)];
  expect(links).toEqual([null, null, null]);
});

test('a part of the wrong shape is left out, and the rest is read', () => {
  expect(readPlaygroundLink('{"model":7,"prompt":"wake it","stack":[3,{"id":"a"}]}')).toEqual({
    prompt: 'wake it',
    stack: [null, { id: 'a' }],
  });
  expect(
    readStudioLink('{"seed":-1,"maxNewTokens":1.5,"temperature":9,"options":[],"attack":"gcg"}'),
  ).toEqual({
    attack: 'gcg',
  });
  expect(readMicroscopeLink('{"lanes":[null,{"defense":""}],"compare":"yes"}')).toEqual({
    lanes: [null, { defense: '' }],
  });
});

test('a text that is too long is cut', () => {
  const prompt = 'a'.repeat(9000);
  expect(readPlaygroundLink(writePlaygroundLink({ prompt }))?.prompt).toHaveLength(8000);
});

test('a link that is nested or long out of all proportion is ignored', () => {
  const deep = `{"prompt":"a","attackOptions":{"x":${'['.repeat(99_999)}${']'.repeat(99_999)}}}`;
  const long = JSON.stringify({ prompt: 'a', stack: Array(30_000).fill({ id: 'a' }) });
  for (const setup of [deep, long, JSON.stringify({ prompt: 'a'.repeat(300_000) })])
    expect(readPlaygroundLink(setup)).toBeNull();
  expect(readPlaygroundLink(JSON.stringify({ prompt: 'a', stack: Array(101).fill({ id: 'a' }) }))).toEqual({
    prompt: 'a',
  });
});

test('an id that no plan could hold is left out, and none chosen stays none', () => {
  expect(readPlaygroundLink('{"model":"a\\ud800","prompt":"x","attack":""}')).toEqual({
    prompt: 'x',
    attack: '',
  });
});
