import { describe, expect, test } from 'vitest';
import { user } from '../../../src/core/chat.ts';
import { backtracking } from '../../../src/defenses/decoding/backtracking.ts';
import { answering, scripted, type Next } from '../../../src/models/runtimes/scripted.ts';
import { scriptedTokenizer } from '../../../src/models/runtimes/scripted-tokenizer.ts';
import type { TextClassifier } from '../../../src/models/text-classifier.ts';
import { defend, options, playing } from '../defend.ts';

const tokenizer = scriptedTokenizer([
  'Sure',
  'I am sorry',
  ' wake',
  ' the',
  ' giant',
  ' now',
  ', no.',
  'cat',
]);
/** Complies, unless its answer began with a refusal. */
const complying = (harmful: string, refusal = 'I am sorry, no.'): Next =>
  answering((_, soFar) => (soFar.startsWith('I am sorry') ? refusal : harmful), { nats: 0.05 });
const read: string[] = [];
const guard: TextClassifier = {
  id: 'guard',
  labels: ['safe', 'harmful'],
  contextWindow: 512,
  async classify(texts) {
    read.push(...texts);
    return texts.map((text) => (text.includes('giant') ? Float32Array.of(0.1, 0.9) : Float32Array.of(1, 0)));
  },
};
const ask = async (next: Next, chosen = {}, request = {}) => {
  read.length = 0;
  const model = scripted({ tokenizer, next });
  const context = playing({}, { 'answer-guard': guard });
  const defended = defend(backtracking, model, { every: 2, ...chosen }, context);
  return defended.generate([user('Go')], { ...options, ...request });
};

test('an answer that turns harmful is taken back at once, and starts over with a refusal', async () => {
  const reply = await ask(complying('Sure wake the giant now now now now now'));
  expect(reply.text).toBe('I am sorry, no.');
  expect(read[1]).toBe('Sure wake the giant');
  expect(reply.events).toMatchObject([
    { action: 'resampled', detail: { resets: 1, resetAfter: 4, probability: expect.closeTo(0.9) as number } },
  ]);
});
test('one that does not is what the model wrote', async () => {
  const reply = await ask(complying('Sure wake the cat now'));
  expect(reply).toMatchObject({ text: 'Sure wake the cat now', events: [{ action: 'passed' }] });
});
test('words put in the model’s mouth are read with the answer, and taken back with it', async () => {
  const next = answering((_, soFar) =>
    soFar.startsWith('I am') ? 'I am sorry, no.' : 'Sure wake the giant now now',
  );
  const reply = await ask(next, {}, { assistantPrefix: 'Sure wake' });
  expect(read[0]).toBe('Sure wake the giant');
  expect(reply.text).toBe('I am sorry, no.');
});
test('one that turns harmful again is withheld', async () => {
  const stubborn = complying('Sure wake the giant', 'I am sorry the giant now');
  const reply = await ask(stubborn);
  expect(reply).toMatchObject({
    finishReason: 'blocked',
    events: [{ action: 'blocked', detail: { resets: 1 } }],
  });
  expect(reply.text).not.toContain('giant');
  expect((await ask(stubborn, { resets: 3 })).events).toMatchObject([{ detail: { resets: 3 } }]);
  expect((await ask(stubborn, { resets: 0 })).finishReason).toBe('blocked');
});
test('without a bias the model writes the same again', async () => {
  expect((await ask(complying('Sure wake the giant'), { bias: 0 })).finishReason).toBe('blocked');
});

describe('a model that resets by itself', () => {
  const resetting = answering(() => 'Sure wake the giant[RESET] I am sorry, no.');
  test('is taken at its word: what came before is discarded and no alarm', async () => {
    const reply = await ask(resetting, { every: 100 }, { topTokens: 1 });
    expect(reply).toMatchObject({ text: 'I am sorry, no.', tokens: [] });
    expect(reply.events).toMatchObject([{ action: 'resampled', detail: { resets: 0 } }]);
    expect(read).toEqual(['I am sorry, no.']);
  });
  test('is not, when it was not trained to', async () => {
    const reply = await ask(resetting, { every: 100, resetToken: '' });
    expect(reply.events).toMatchObject([{ detail: { resets: 1 } }]);
  });
});

test('the bias is traced while it acts, and shares the decode loop with nobody', async () => {
  const reply = await ask(complying('Sure wake the giant now'), {}, { topTokens: 2 });
  expect(reply.tokens[0]!.policy).toMatchObject({ id: 'backtracking', base: [{ text: 'Sure' }, {}] });
  expect(reply.tokens[1]!.policy).toBeUndefined();
  const policy = { id: 'other', companions: [], steps: 1, next: () => new Float32Array() };
  await expect(ask(complying('Sure'), {}, { policy })).rejects.toMatchObject({ code: 'not-supported' });
});
test('what is written and read beside the answer is counted, and nothing is streamed', async () => {
  const streamed: string[] = [];
  const onToken = (_: unknown, text: string) => void streamed.push(text);
  const { events } = await ask(complying('Sure wake the giant'), {}, { onToken });
  expect(events[0]!.cost).toMatchObject({ queries: 1 + read.length });
  expect(streamed).toEqual([]);
});
