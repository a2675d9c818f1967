import { describe, expect, test } from 'vitest';
import { user } from '../../../src/core/chat.ts';
import { alignmentDepth, depths } from '../../../src/defenses/decoding/alignment-depth.ts';
import { answering, peaked, scripted, type Next } from '../../../src/models/runtimes/scripted.ts';
import { scriptedTokenizer } from '../../../src/models/runtimes/scripted-tokenizer.ts';
import { defend, options, playing } from '../defend.ts';

const tokenizer = scriptedTokenizer(['Sure', 'Sorry', ' step', ' by', ', no.']);
const sorry = tokenizer.encode('Sorry')[0]!;
/** Writes steps; at `depth` tokens of its answer it turns to a refusal with `probability`. */
const turning =
  (depth: number, probability: number): Next =>
  (ids, tokens) => {
    const { answer } = tokens.read(ids);
    const text = tokens.decode(answer);
    if (text.includes('Sorry')) return answering(() => text.replace(/(, no\.)?$/, ', no.'))(ids, tokens);
    const plain = answering(() => 'Sure step by step by step', { nats: 0.02 })(ids, tokens);
    if (answer.length !== depth) return plain;
    const away = peaked(tokens.vocabSize, sorry, 0.02);
    return plain.map((value, id) =>
      Math.log((1 - probability) * Math.exp(value) + probability * Math.exp(away[id]!)),
    );
  };
const ask = (next: Next, chosen = {}, request = {}) =>
  defend(
    alignmentDepth,
    scripted({ tokenizer, next }),
    { every: 1, openings: 'Sorry', ...chosen },
    playing({}),
  ).generate([user('Go')], { ...options, ...request });

test('the depths asked are every so many tokens, up to the deepest, within the answer', () => {
  expect(depths(12, 5, 40)).toEqual([0, 5, 10]);
  expect(depths(100, 5, 12)).toEqual([0, 5, 10]);
  expect(depths(0, 5, 12)).toEqual([0]);
});

describe('an answer', () => {
  test('is taken back where a refusal was likely, at whatever depth', async () => {
    for (const depth of [0, 1, 4]) {
      const reply = await ask(turning(depth, 0.4));
      expect(reply.text).toBe('Sorry, no.');
      expect(reply.events).toMatchObject([{ action: 'resampled', detail: { depth, threshold: 0.2 } }]);
    }
  });
  test('stays when it was nowhere likely enough', async () => {
    const reply = await ask(turning(2, 0.1));
    expect(reply.text).toBe('Sure step by step by step');
    expect(reply.events).toMatchObject([
      { action: 'passed', detail: { depth: 2, depths: 7 }, cost: { queries: 1 + 6 * 3 } },
    ]);
  });
  test('stays when the refusal lies deeper than is asked', async () => {
    expect((await ask(turning(4, 0.4), { deepest: 3 })).text).toContain('step');
  });
  test('that begins with words put in the model’s mouth is asked before them too', async () => {
    const reply = await ask(turning(0, 0.9), {}, { assistantPrefix: 'Sure' });
    expect(reply.text).toBe('Sorry, no.');
    expect(reply.events).toMatchObject([{ detail: { depth: 0 } }]);
  });
  test('that refuses, or is none, is left alone', async () => {
    expect((await ask(turning(0, 0.99))).events).toMatchObject([{ action: 'passed' }]);
    expect((await ask(answering(() => ''))).events).toMatchObject([{ action: 'passed' }]);
  });
});

test.each([' Sorry', '\nSorry', 'Sorry'])('inside an answer a refusal is seen as %j', async (spelling) => {
  const first = tokenizer.encode(spelling)[0]!;
  const blank: Next = (ids, tokens) => {
    const { answer } = tokens.read(ids);
    const text = tokens.decode(answer);
    if (answer.length === 2 && !text.includes('Sorry'))
      return peaked(tokens.vocabSize, answer.length === 2 ? first : sorry, 0.1);
    if (/[ \n]$/.test(text)) return peaked(tokens.vocabSize, sorry, 0.1);
    return turning(99, 0)(ids, tokens);
  };
  const draft: Next = (ids, tokens) =>
    answering(() =>
      tokens.decode(tokens.read(ids).answer).startsWith('Sorry') ? 'Sorry, no.' : 'Sure step by',
    )(ids, tokens);
  const scorer = scripted({ tokenizer, next: blank });
  const writer = scripted({ tokenizer, next: draft });
  const model = { ...writer, logProbs: scorer.logProbs };
  const chosen = { every: 2, openings: 'Sorry' };
  const reply = await defend(alignmentDepth, model, chosen, playing({})).generate([user('Go')], options);
  expect(reply.text).toBe('Sorry, no.');
  expect(reply.events).toMatchObject([{ action: 'resampled', detail: { depth: 2 } }]);
});

test('openings add up', async () => {
  expect((await ask(turning(2, 0.15), { openings: 'Sorry|S' })).text).toContain('step');
  const both = turning(2, 0.15);
  const doubled: Next = (ids, tokens) => {
    const values = both(ids, tokens);
    const rival = tokens.encode('N')[0]!;
    return tokens.read(ids).answer.length === 2
      ? values.map((v, id) => (id === rival ? Math.log(0.1) : v))
      : values;
  };
  expect((await ask(doubled, { openings: 'Sorry|N' })).text).toBe('Sorry, no.');
  expect(() => defend(alignmentDepth, scripted({ tokenizer, next: both }), { openings: ' | ' })).toThrow(
    expect.objectContaining({ code: 'bad-options' }),
  );
});
test('the tokens of a new answer spell it, opening included', async () => {
  const { text, tokens } = await ask(turning(1, 0.5), {}, { topTokens: 1 });
  expect(tokens.map((token) => token.text).join('')).toBe(text);
});

test('the model is read as the edit of the request has it', async () => {
  const intact = scripted({ tokenizer, next: turning(2, 0.9) });
  const ablated = scripted({ tokenizer, next: turning(2, 0) });
  let disposed = 0;
  const model = {
    ...ablated,
    logProbs: intact.logProbs,
    generate: ((messages, { edit: _, ...request }) =>
      ablated.generate(messages, request)) satisfies typeof ablated.generate,
    edited: () => ({ ...ablated, dispose: () => void disposed++ }),
  };
  const defended = defend(alignmentDepth, model, { every: 1, openings: 'Sorry' });
  const ask = (request: object) => defended.generate([user('Go')], { ...options, ...request });
  expect((await ask({})).events).toMatchObject([{ action: 'resampled' }]);
  expect((await ask({ edit: { residual: [] } })).events).toMatchObject([{ action: 'passed' }]);
  expect(disposed).toBe(1);
});
