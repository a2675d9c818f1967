import { describe, expect, test } from 'vitest';
import { assistant, user } from '../../../src/core/chat.ts';
import { parseOptions } from '../../../src/core/options.ts';
import { perplexityFilter, windowedPerplexity } from '../../../src/defenses/input/perplexity-filter.ts';
import { answering, peaked, scripted } from '../../../src/models/runtimes/scripted.ts';
import { defend, learning, options, playing } from '../defend.ts';

const losses = (...values: number[]) => Float32Array.from(values);
const repeated = (value: number, count: number): number[] => Array(count).fill(value);

describe('windowed perplexity', () => {
  // Nine tokens of 2 nats, then nine of 8: exp 2, exp 8, and exp 5 over all.
  const text = losses(...repeated(2, 9), ...repeated(8, 9));
  test('of the worst of two windows', () => expect(windowedPerplexity(text, 9)).toBeCloseTo(2980.958, 2));
  test('of the first window alone', () =>
    expect(windowedPerplexity(text.subarray(0, 9), 9)).toBeCloseTo(7.389, 3));
  test('of a window as long as the text is its plain perplexity', () => {
    expect(windowedPerplexity(text, 18)).toBeCloseTo(148.413, 2);
    expect(windowedPerplexity(text, 500)).toBeCloseTo(148.413, 2);
  });
  test('reads the end when the windows leave some tokens over', () => {
    expect(windowedPerplexity(losses(1, 1, 1, 1, 9), 2)).toBeCloseTo(Math.exp(5), 3);
  });
  test('of one token is defined, and of none is not', () => {
    expect(windowedPerplexity(losses(3), 10)).toBeCloseTo(Math.exp(3), 3);
    expect(windowedPerplexity(losses(), 10)).toBeNull();
  });
  test('is never more than a number, and never made of what is none', () => {
    expect(windowedPerplexity(losses(2000), 10)).toBe(Number.MAX_VALUE);
    for (const wrong of [NaN, Infinity])
      expect(() => windowedPerplexity(losses(1, wrong), 10)).toThrow(
        expect.objectContaining({ code: 'not-finite' }),
      );
  });
  test('rises when gibberish is appended', () => {
    const plain = repeated(2, 20);
    expect(windowedPerplexity(losses(...plain, ...repeated(7, 5)), 10)).toBeGreaterThan(
      windowedPerplexity(losses(...plain), 10)!,
    );
  });
});

test('a filter passes nothing that it could not measure', async () => {
  const torn = scripted({
    next: (ids, tokenizer) =>
      tokenizer.read(ids).answer.length > 0 || ids.length % 2 === 0
        ? answering(() => 'Fine.')(ids, tokenizer)
        : new Float32Array(tokenizer.vocabSize).fill(NaN),
  });
  const answer = defend(perplexityFilter, torn, { threshold: 1000 }).generate([user('abcdef')], options);
  await expect(answer).rejects.toMatchObject({ code: 'not-finite' });
});

describe('the filter', () => {
  /** Expects the alphabet to go on: each letter after its predecessor is likely, anything else is not. */
  const model = scripted({
    next: (ids, tokenizer) =>
      ids.includes(tokenizer.vocabulary.indexOf('<|assistant|>'))
        ? answering(() => 'Fine.')(ids, tokenizer)
        : peaked(tokenizer.vocabSize, ids.at(-1)! + 1, 0.5),
  });
  const likely = 'bcdefghijklmnop';
  const gibberish = 'qx!z#kw@';
  const ask = (text: string, chosen = {}) =>
    defend(perplexityFilter, model, { threshold: 50, window: 5, ...chosen }).generate([user(text)], options);

  test('takes its threshold from benign requests, at the rate of false positives', async () => {
    const harmless = [likely, 'efghij', 'klmnopqrst', gibberish];
    const prepare = (falsePositives: number) =>
      perplexityFilter.prepare!(
        model as never,
        { harmful: ['x'], harmless: ['a'], calibration: harmless },
        parseOptions(perplexityFilter.options, { window: 5, falsePositives }, 'perplexity-filter'),
        learning(1),
      );
    const artifact = await prepare(0.25);
    expect(artifact).toMatchObject({ benign: 4, flagged: 1, texts: 'calibration' });
    const context = { ...playing({}), artifact };
    const ask = (text: string) =>
      defend(perplexityFilter, model, { window: 5 }, context).generate([user(text)], options);
    expect((await ask('bcdefg')).finishReason).toBe('end');
    expect((await ask(gibberish)).events).toMatchObject([
      { action: 'blocked', detail: { calibratedOn: 4, calibrationFlagged: 1 } },
    ]);
    expect((await prepare(0))['threshold']).toBeGreaterThan(artifact['threshold'] as number);
    expect(() => defend(perplexityFilter, model, {})).toThrow(expect.objectContaining({ code: 'bad-input' }));
  });
  test('lets a likely request through with what it measured', async () => {
    const reply = await ask(likely);
    expect(reply.text).toBe('Fine.');
    expect(reply.events).toMatchObject([{ action: 'passed', detail: { threshold: 50, window: 5 } }]);
  });
  test('blocks a request with an unlikely stretch before the model sees it', async () => {
    const reply = await ask(likely + gibberish);
    expect(reply).toMatchObject({ finishReason: 'blocked', completionTokens: 0 });
    expect(reply.events).toMatchObject([{ defense: 'perplexity-filter', action: 'blocked' }]);
  });
  test('reads earlier user turns too', async () => {
    const defended = defend(perplexityFilter, model, { threshold: 50, window: 5 });
    const talk = [user(gibberish), assistant('Fine.'), user(likely)];
    expect((await defended.generate(talk, options)).finishReason).toBe('blocked');
  });
  test('blocks more as the threshold falls, never less', async () => {
    const blocked = await Promise.all(
      [1, 10, 40, 80, 1e9].map(async (threshold) => {
        const reply = await ask(`${likely}!${likely}`, { threshold });
        return reply.finishReason === 'blocked';
      }),
    );
    expect(blocked).toEqual(blocked.toSorted().toReversed());
    expect(new Set(blocked).size).toBe(2);
  });
  test('read as a whole, a request is as unlikely as its average token', async () => {
    const long = `${likely}qrstuvwxyz{|}`;
    const whole = await ask(`${long}!z!`, { reads: 'whole', threshold: 10 });
    expect(whole.finishReason).toBe('end');
    expect((await ask(`${long}!z!`, { threshold: 10 })).finishReason).toBe('blocked');
    expect((await ask(gibberish, { reads: 'whole', threshold: 10 })).finishReason).toBe('blocked');
  });
  test('scores a long request once, in context, and not stretch by stretch', async () => {
    let asked: number[] = [];
    const watched = {
      ...model,
      logProbs: (...[requests, more]: Parameters<typeof model.logProbs>) => {
        asked = [...asked, ...requests.map(({ target }) => target.length)];
        return model.logProbs(requests, more);
      },
    };
    const defended = defend(perplexityFilter, watched, { threshold: 50, window: 5 });
    expect((await defended.generate([user(likely)], options)).finishReason).toBe('end');
    expect(asked).toEqual([likely.length]);
  });
  test('scores the first token of a stretch like any other', async () => {
    // The sixth letter opens the second stretch; it and the seventh do not follow on what stands before them.
    const perplexityOf = async (text: string) => Number((await ask(text)).events[0]!.detail!['perplexity']);
    expect(await perplexityOf('bcdeflxyz{')).toBeGreaterThan(2 * (await perplexityOf('bcdefgxyz{')));
  });
  test('counts what it scored', async () => {
    const { events } = await ask(likely);
    expect(events[0]!.cost).toEqual({ queries: 1, tokens: likely.length });
  });
  test('judges a request of one token by that token', async () => {
    expect((await ask('b', { threshold: 2 })).finishReason).toBe('blocked');
    expect((await ask('b', { threshold: 1e9 })).events[0]!.detail!['perplexity']).toBeGreaterThan(2);
  });
  test('lets an empty and a one-token request through', async () => {
    expect((await ask('')).finishReason).toBe('end');
    expect((await ask('b', { threshold: 1e9 })).finishReason).toBe('end');
  });
  test('stops when the request is stopped', async () => {
    const defended = defend(perplexityFilter, model, { threshold: 1000 });
    const request = { ...options, signal: AbortSignal.abort() };
    await expect(defended.generate([user(likely)], request)).rejects.toMatchObject({ name: 'AbortError' });
  });
});
