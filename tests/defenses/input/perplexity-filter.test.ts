import { describe, expect, test } from 'vitest';
import { assistant, user } from '../../../src/core/chat.ts';
import { parseOptions } from '../../../src/core/options.ts';
import { perplexityFilter, windowedPerplexity } from '../../../src/defenses/input/perplexity-filter.ts';
import { answering, peaked, scripted } from '../../../src/models/runtimes/scripted.ts';
import { userTextLosses } from '../../../src/models/scoring.ts';
import { defend, learning, options, playing } from '../defend.ts';
import { createTiny } from '../white-box.ts';

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

describe('what it shows of itself to an attack that adapts', () => {
  const text = '6 12 7 30 9 21 14';
  const ids = [7, 30, 9];
  const width = 16;

  test.each(['whole', 'stretches'])(
    'is the gradient of the loss of %s, by finite differences',
    async (reads) => {
      const model = createTiny();
      const chosen = { reads, window: 3, threshold: 1 };
      const view = perplexityFilter.view!(
        model,
        parseOptions(perplexityFilter.options, chosen, 'perplexity-filter'),
        playing({}),
      );
      const gradient = (await view.excessGradient!([user(text)], ids, {}))!;
      const { vocabSize } = model.tokenizer;
      const words = model.tokenizer.encode(text);
      const table = await model.embeddings([...Array(vocabSize).keys()]);
      const losses = await userTextLosses(model, text);
      const starts = reads === 'whole' ? [0] : [0, 3, 4];
      const length = reads === 'whole' ? words.length : 3;
      const sums = starts.map((start) =>
        losses.slice(start, start + length).reduce((sum, loss) => sum + loss, 0),
      );
      const start = starts[sums.indexOf(Math.max(...sums))]!;

      /** The mean loss where `step` of `token` is added at a place, in what is read and in what is predicted. */
      const lossAt = async (place: number, token: number, step: number) => {
        const vectors = words.map((id, i) =>
          Array.from(
            { length: width },
            (_, k) => table[id * width + k]! + (i === place ? step * table[token * width + k]! : 0),
          ),
        );
        const moved = model.edited({ softTokens: { vectors, at: 'user-text' } });
        const prompt = moved.tokenizer.prompt([user('0')]);
        const first = prompt.findIndex((id) => id >= vocabSize);
        let loss = 0;
        for (let i = start; i < start + length; i++) {
          const before = prompt.slice(0, first + i);
          const predicted = async (id: number) =>
            (await moved.logProbs([{ prompt: before, target: [id] }]))[0]![0]!;
          loss -= await predicted(words[i]!);
          if (i === place) loss -= step * (await predicted(token));
        }
        moved.dispose();
        return loss / length;
      };
      const step = 1e-2;
      for (const [row, token] of [
        [0, 20],
        [1, 5],
        [2, 33],
      ] as const) {
        const place = 2 + row;
        const slope = ((await lossAt(place, token, step)) - (await lossAt(place, token, -step))) / (2 * step);
        const found = gradient[row * vocabSize + token]!;
        expect(Math.abs(slope - found)).toBeLessThan(0.03 * Math.max(1, Math.abs(found)));
      }
      expect(await view.excessGradient!([user(text)], [30, 7], {})).toBeNull();
      model.dispose();
    },
  );
});
