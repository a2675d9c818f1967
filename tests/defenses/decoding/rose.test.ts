import { describe, expect, test } from 'vitest';
import { system, user } from '../../../src/core/chat.ts';
import { createRandom } from '../../../src/core/random.ts';
import { contrastLogits, rose } from '../../../src/defenses/decoding/rose.ts';
import { logSoftmax } from '../../../src/models/decoding/sampler.ts';
import { scriptedTokenizer } from '../../../src/models/runtimes/scripted-tokenizer.ts';
import { scripted, type Next } from '../../../src/models/runtimes/scripted.ts';
import { defend, options } from '../defend.ts';

const probabilities = (values: Float32Array) => Array.from(logSoftmax(values), Math.exp);

describe('the contrast', () => {
  const random = createRandom('contrast');
  const logits = () => Float32Array.from({ length: 40 }, () => 2 * random.normal());

  test('of the worked example', () => {
    // p⁺ = (.6, .3, .1), p⁻ = (.8, .1, .1), α = .5: p⁺ / √p⁻ = (.6708, .9487, .3162), normalized.
    const [positive, negative] = [
      [0.6, 0.3, 0.1],
      [0.8, 0.1, 0.1],
    ].map((values) => Float32Array.from(values, Math.log));
    const merged = probabilities(contrastLogits(positive!, negative!, { alpha: 0.5, plausible: 0 }));
    [0.34652, 0.49007, 0.16336].forEach((value, id) => expect(merged[id]).toBeCloseTo(value, 4));
  });
  test('with α = 0 is the safe distribution', () => {
    const positive = logits();
    const merged = probabilities(contrastLogits(positive, logits(), { alpha: 0, plausible: 0 }));
    probabilities(positive).forEach((value, id) => expect(merged[id]).toBeCloseTo(value, 6));
  });
  test('never lets a token win that the safe prompt finds implausible', () => {
    const [positive, negative] = [logits(), logits()];
    const p = probabilities(positive);
    const merged = contrastLogits(positive, negative, { alpha: 3, plausible: 0.1 });
    merged.forEach((value, id) =>
      expect(Number.isFinite(value)).toBe(p[id]! >= 0.1 * Math.max(...p) * (1 - 1e-6)),
    );
  });
});

describe('the defended model', () => {
  const tokenizer = scriptedTokenizer(['Sure.', 'Sorry.']);
  const [sure, sorry] = [tokenizer.encode('Sure.')[0]!, tokenizer.encode('Sorry.')[0]!];
  const seen: string[] = [];
  /** Slightly prefers to comply, and all the more when it is told to be reckless. */
  const next: Next = (ids, { vocabSize, read, endIds }) => {
    const { messages, answer } = read(ids);
    const order = messages[0]!.role === 'system' ? messages[0]!.content : '';
    if (!seen.includes(order)) seen.push(order);
    const values = new Float32Array(vocabSize).fill(-20);
    if (answer.length > 0) return values.fill(0, [...endIds][0]!, [...endIds][0]! + 1);
    values[sure] = order.endsWith('reckless') ? 3 : 0.2;
    values[sorry] = 0;
    return values;
  };
  const model = scripted({ tokenizer, next });
  const chosen = { safePrompt: 'Be good', reversePrompt: 'Be reckless' };
  const ask = (more = {}, messages = [user('Go')]) =>
    defend(rose, model, { ...chosen, ...more }).generate(messages, { ...options, topTokens: 2 });

  test('turns where the reverse prompt points the other way', async () => {
    expect((await ask({ alpha: 0 })).text).toBe('Sure.');
    expect((await ask()).text).toBe('Sorry.');
  });
  test('asks under both prompts, after the system prompt that is there', async () => {
    seen.length = 0;
    await ask({}, [system('You live by the pond.'), user('Go')]);
    expect(seen.toSorted()).toEqual(['You live by the pond.\nBe good', 'You live by the pond.\nBe reckless']);
  });
  test('shows for every token what each prompt preferred', async () => {
    const { tokens, events } = await ask();
    expect(tokens[0]!.policy!.base[0]!.text).toBe('Sure.');
    expect(tokens[0]!.policy!.companions[0]![0]!.text).toBe('Sure.');
    expect(tokens[0]!.top[0]!.text).toBe('Sorry.');
    expect(events).toMatchObject([{ action: 'steered', detail: { alpha: 0.5, plausible: 0.1 } }]);
  });
  test('shares the decode loop with nobody, and needs both prompts', async () => {
    const policy = { id: 'other', companions: [], steps: 1, next: () => new Float32Array() };
    await expect(defend(rose, model).generate([user('Go')], { ...options, policy })).rejects.toMatchObject({
      code: 'not-supported',
    });
    expect(() => defend(rose, model, { reversePrompt: '' })).toThrow(
      expect.objectContaining({ code: 'bad-options' }),
    );
  });
});
