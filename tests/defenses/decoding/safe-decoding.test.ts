import { describe, expect, test } from 'vitest';
import { user } from '../../../src/core/chat.ts';
import { createRandom } from '../../../src/core/random.ts';
import { amplifyExpert, safeDecoding, sampleSpace } from '../../../src/defenses/decoding/safe-decoding.ts';
import { logSoftmax, topIds } from '../../../src/models/decoding/sampler.ts';
import { scriptedTokenizer } from '../../../src/models/runtimes/scripted-tokenizer.ts';
import { answering, scripted, type Next } from '../../../src/models/runtimes/scripted.ts';
import { defend, inSessions, options, playing } from '../defend.ts';

const logs = (...probabilities: number[]) => Float32Array.from(probabilities, Math.log);
const probabilities = (values: Float32Array) => Array.from(logSoftmax(values), Math.exp);

describe('the worked example', () => {
  // Tokens: Sure, Here, I, Sorry, As. Values worked out by hand from the formula; c = 3.
  const base = logs(0.7, 0.15, 0.1, 0.03, 0.02);
  const expert = logs(0.05, 0.02, 0.6, 0.25, 0.08);

  test('shares Sure, I and Sorry, from k = 4 on', () => {
    expect(sampleSpace(base, expert, 3).toSorted()).toEqual([0, 2, 3]);
  });
  test.each([
    [1, [0.0556, 0, 0.6667, 0.2778, 0]],
    [3, [0, 0, 0.6987, 0.3013, 0]],
  ])('with α = %d', (alpha, expected) => {
    const merged = probabilities(amplifyExpert(base, expert, { alpha, common: 3 }));
    merged.forEach((value, id) => expect(value).toBeCloseTo(expected[id]!, 4));
  });
});

describe('the worked example as one generates with it', () => {
  const words = ['Sure', 'Here', 'I am', 'Sorry', 'As an'];
  const tokenizer = scriptedTokenizer(words);
  const ids = words.map((word) => tokenizer.encode(word)[0]!);
  const opening =
    (...shares: number[]): Next =>
    (_, { vocabSize }) => {
      const values = new Float32Array(vocabSize).fill(-1e9);
      ids.forEach((id, i) => (values[id] = Math.log(shares[i]!)));
      return values;
    };
  const base = scripted({ tokenizer, next: opening(0.7, 0.15, 0.1, 0.03, 0.02) });
  const expert = scripted({ tokenizer, next: opening(0.05, 0.02, 0.6, 0.25, 0.08) });

  // p + α(p′ − p) over the three shared tokens, divided by its sum, in exact fractions.
  test.each([
    [0, [70 / 83, 0, 10 / 83, 3 / 83, 0]],
    [1, [1 / 18, 0, 2 / 3, 5 / 18, 0]],
    [3, [1e-8 / 2.29, 0, 1.6 / 2.29, 0.69 / 2.29, 0]],
  ])('α = %d gives the shares worked out by hand, to a millionth', async (alpha, expected) => {
    const chosen = { preset: 'custom', alpha, steps: 1, common: 3 };
    const { tokens } = await defend(safeDecoding, base, chosen, playing({ expert })).generate([user('Go')], {
      maxNewTokens: 1,
      topTokens: 5,
    });
    const shares = new Map(tokens[0]!.top.map(({ id, logProb }) => [id, Math.exp(logProb)]));
    ids.forEach((id, i) => expect(shares.get(id) ?? 0).toBeCloseTo(expected[i]!, 6));
  });
});

describe('for any two distributions', () => {
  const random = createRandom('distributions');
  const logits = (size = 60) => Float32Array.from({ length: size }, () => 3 * random.normal());

  test('the sample space is the smallest common top-k of at least c', () => {
    for (let draw = 0; draw < 20; draw++) {
      const [base, expert] = [logits(), logits()];
      const space = sampleSpace(base, expert, 5);
      const common = (k: number) => {
        const theirs = topIds(expert, k);
        return topIds(base, k).filter((id) => theirs.includes(id));
      };
      let k = 5;
      while (common(k).length < 5) k++;
      expect(space.toSorted((a, b) => a - b)).toEqual(common(k).toSorted((a, b) => a - b));
    }
  });
  test('a sample space larger than the vocabulary is the vocabulary', () => {
    expect(sampleSpace(logits(4), logits(4), 9)).toHaveLength(4);
  });
  test('α = 0 is the base, cut to the sample space', () => {
    const [base, expert] = [logits(), logits()];
    const merged = probabilities(amplifyExpert(base, expert, { alpha: 0, common: 5 }));
    const space = sampleSpace(base, expert, 5);
    const within = base.map((value, id) => (space.includes(id) ? value : -Infinity));
    probabilities(within).forEach((value, id) => expect(merged[id]).toBeCloseTo(value, 5));
  });
  test('an expert equal to the base changes nothing, whatever α', () => {
    const base = logits();
    const top = topIds(base, 5);
    const within = base.map((value, id) => (top.includes(id) ? value : -Infinity));
    for (const alpha of [0, 1, 3, 10])
      probabilities(amplifyExpert(base, base, { alpha, common: 5 })).forEach((value, id) =>
        expect(value).toBeCloseTo(probabilities(within)[id]!, 5),
      );
  });
});

describe('the defended model', () => {
  const pieces = ['Sure', 'Sorry', ', here', ', no', ' you go.', ' way.'];
  const tokenizer = scriptedTokenizer(pieces);
  /** Mostly writes the first answer, sometimes the second. */
  const torn =
    (first: (soFar: string) => string, second: string): Next =>
    (ids, tokens) => {
      const [a, b] = [answering((_, soFar) => first(soFar)), answering(() => second)];
      const rare = b(ids, tokens);
      return a(ids, tokens).map((logProb, id) =>
        Math.log(0.7 * Math.exp(logProb) + 0.3 * Math.exp(rare[id]!)),
      );
    };
  const [helpful, declining] = ['Sure, here you go.', 'Sorry, no way.'];
  const base = scripted({
    tokenizer,
    next: torn((soFar) => (soFar.startsWith('Sorry') ? 'Sorry way.' : helpful), declining),
  });
  const expert = scripted({ tokenizer, id: 'expert', next: torn(() => declining, helpful) });
  const write = async (chosen: Record<string, unknown>, request = options) =>
    (await defend(safeDecoding, base, chosen, playing({ expert })).generate([user('Go')], request)).text;

  test('opens as the expert does', async () => {
    expect(await write({})).toMatch(/^Sorry, no/);
  });
  test('goes on as the base would from there', async () => {
    const text = await write({ preset: 'custom', steps: 1 });
    const prefixed = await base.generate([user('Go')], { ...options, assistantPrefix: 'Sorry' });
    expect(text).toBe(`Sorry${prefixed.text}`);
  });
  test('reads each prompt once, with one start, and then a token at a time', async () => {
    const [ours, theirs] = [inSessions(base), inSessions(expert)];
    const context = playing({ expert: theirs.model });
    const reply = await defend(safeDecoding, ours.model, {}, context).generate([user('Go')], options);
    const prompt = tokenizer.prompt([user('Go')]);
    const start = prompt.filter((id) => id === prompt[0]);
    expect(start).toHaveLength(1);
    expect([ours, theirs].map(({ opened }) => opened.map(({ prompts }) => prompts))).toEqual([
      [[prompt]],
      [[prompt]],
    ]);
    expect(ours.opened[0]!.steps).toEqual(Array<number>(reply.completionTokens!).fill(1));
    expect(reply.text).not.toMatch(/<\|/);
  });
  test('asks the expert no further than its last say, and lets go of it there', async () => {
    const [ours, theirs] = [inSessions(base), inSessions(expert)];
    const chosen = { preset: 'custom', steps: 1 };
    const defended = defend(safeDecoding, ours.model, chosen, playing({ expert: theirs.model }));
    let releasedAt: number | null = null;
    const { completionTokens } = await defended.generate([user('Go')], {
      ...options,
      onToken: () => {
        if (theirs.opened[0]!.closed) releasedAt ??= ours.opened[0]!.steps.length;
      },
    });
    expect(completionTokens).toBeGreaterThan(1);
    expect(theirs.opened[0]!.steps).toEqual([]);
    expect(releasedAt, 'the first token that the base chooses alone').toBe(1);
    expect(ours.opened[0]!.closed).toBe(true);
  });
  test('lets go of both when the answer ends early, is stopped, or cannot begin', async () => {
    const [ours, theirs] = [inSessions(base), inSessions(expert)];
    const chosen = { preset: 'custom', steps: 64 };
    const defended = defend(safeDecoding, ours.model, chosen, playing({ expert: theirs.model }));
    await defended.generate([user('Go')], options);
    const controller = new AbortController();
    const stopped = defended.generate([user('Go')], {
      ...options,
      signal: controller.signal,
      onToken: () => controller.abort(),
    });
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
    const broken = { ...expert, open: () => Promise.reject(new Error('lost')) };
    const begun = defend(safeDecoding, ours.model, {}, playing({ expert: broken }));
    await expect(begun.generate([user('Go')], options)).rejects.toThrow('lost');
    for (const { closed } of [...ours.opened, ...theirs.opened]) expect(closed).toBe(true);
    expect([ours.opened.length, theirs.opened.length]).toEqual([3, 2]);
  });
  test('is the base when no token is steered or when the expert has no weight', async () => {
    expect(await write({ preset: 'custom', steps: 0 })).toBe('Sure, here you go.');
    expect(await write({ preset: 'custom', alpha: 0 })).toBe('Sure, here you go.');
  });
  test('says that it did nothing when no token is steered', async () => {
    const chosen = { preset: 'custom', steps: 0 };
    const { events } = await defend(safeDecoding, base, chosen, playing({ expert })).generate(
      [user('Go')],
      options,
    );
    expect(events).toMatchObject([{ action: 'passed' }]);
  });
  test('says that it steered, and how strongly', async () => {
    const defended = defend(safeDecoding, base, { preset: 'aisafetylab' }, playing({ expert }));
    const { events } = await defended.generate([user('Go')], options);
    expect(events).toMatchObject([{ action: 'steered', detail: { alpha: 1, steps: 5, common: 3 } }]);
  });
  test('shows what base and expert preferred while it acted, and not after', async () => {
    const defended = defend(safeDecoding, base, {}, playing({ expert }));
    const { tokens } = await defended.generate([user('Go')], { ...options, topTokens: 2 });
    expect(tokens[0]!.policy!.base[0]!.text).toBe('Sure');
    expect(tokens[0]!.policy!.companions[0]![0]!.text).toBe('Sorry');
    expect(tokens.map(({ policy }) => policy !== undefined)).toEqual(tokens.map((_, i) => i < 2));
  });
  test('batches requests without mixing them', async () => {
    const defended = defend(safeDecoding, base, {}, playing({ expert }));
    const together = await Promise.all(
      ['a', 'b', 'c'].map((text) => defended.generate([user(text)], options)),
    );
    const alone = await defended.generate([user('b')], options);
    expect(together[1]).toEqual(alone);
  });
  test('refuses an expert that cannot serve', () => {
    const closed = scripted({ reply: () => 'no' });
    const other = scripted({ next: answering(() => 'no') });
    for (const unfit of [closed, other])
      expect(() => defend(safeDecoding, base, {}, playing({ expert: unfit }))).toThrow(
        expect.objectContaining({ code: 'bad-plan' }),
      );
  });
});
