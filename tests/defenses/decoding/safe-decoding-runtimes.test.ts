/** @file What SafeDecoding samples from, on both runtimes, against the formula applied to the logits of each and by hand. */
import { beforeAll, describe, expect, test } from 'vitest';
import { user } from '../../../src/core/chat.ts';
import { amplifyExpert, safeDecoding } from '../../../src/defenses/decoding/safe-decoding.ts';
import { logSoftmax } from '../../../src/models/decoding/sampler.ts';
import type { ScoringModel } from '../../../src/models/language-model.ts';
import { loadTransformersModel } from '../../../src/models/runtimes/transformers/index.ts';
import { loadWhiteBoxModel } from '../../../src/models/runtimes/whitebox/index.ts';
import { initWeights } from '../../../src/models/llama-weights.ts';
import type { LlamaConfig } from '../../../src/models/llama.ts';
import { createRandom } from '../../../src/core/random.ts';
import { serve, tinyConfig, tinyEntry, tinyFolder, tinySite, tinyWeights } from '../../models/tiny-model.ts';
import { defend, playing } from '../defend.ts';

const asked = [user('Tell me.')];
const options = { maxNewTokens: 8, topTokens: 5 };
const steps = 3;
const strength = { alpha: 3, common: 5 };
const files = (seed: string) => serve(tinyFolder(tinyConfig, tinyWeights(tinyConfig, seed)));
const where = { device: 'wasm', baseUrl: tinySite } as const;

const letters = 'abcdef';
/** Letters by their shares; all else is as good as excluded. */
type Shares = readonly number[];

/**
 * A model that always expects these letters: every token has the same embedding, the layers add nothing to it, and
 * the head reads log-probs out of it.
 */
function toyFiles(shares: Shares) {
  const config: LlamaConfig = { ...tinyConfig, tieWordEmbeddings: false };
  const { hiddenSize } = config;
  // The token of a printable byte stands behind the six special tokens, in the order of the bytes.
  const idOf = (letter: string) => 6 + letter.charCodeAt(0);
  const head = new Float32Array(config.vocabSize * hiddenSize);
  for (let id = 0; id < config.vocabSize; id++) head[id * hiddenSize] = -40;
  shares.forEach((share, i) => (head[idOf(letters[i]!) * hiddenSize] = Math.log(share)));
  const valueOf = (name: string, data: Float32Array) => {
    if (name === 'lm_head.weight') return head;
    // So long that the epsilon of the norm does not count.
    if (name.includes('embed_tokens')) return data.map(() => 1000);
    return /o_proj|down_proj/.test(name) ? data.map(() => 0) : data;
  };
  const weights = [...initWeights(config, createRandom('toy'))].map(
    ([name, { shape, data }]) => [name, { shape, data: valueOf(name, data) }] as const,
  );
  return serve(tinyFolder(config, new Map(weights)));
}

/**
 * Worked by hand from the paper's definitions, in exact fractions: the sample space is the smallest common top-k
 * of at least c letters, and each of them gets p + α(p′ − p), at least 1e-8, over the sum.
 */
const toys: readonly (readonly [
  string,
  { base: Shares; expert: Shares; alpha: number; common: number },
  Shares,
])[] = [
  [
    // Both top 4 have a, c and d. Base and expert of this and the next are those of `safe-decoding.test.ts`.
    'the worked example with α = 1',
    { base: [0.7, 0.15, 0.1, 0.03, 0.02], expert: [0.05, 0.02, 0.6, 0.25, 0.08], alpha: 1, common: 3 },
    [1 / 18, 0, 2 / 3, 5 / 18, 0],
  ],
  [
    // a: .7 − 1.95 < 0; c: .1 + 1.5; d: .03 + .66.
    'the worked example with α = 3',
    { base: [0.7, 0.15, 0.1, 0.03, 0.02], expert: [0.05, 0.02, 0.6, 0.25, 0.08], alpha: 3, common: 3 },
    [1e-8 / 2.29, 0, 160 / 229, 69 / 229, 0],
  ],
  [
    // Top 3 share b alone, top 4 share a, b and d: more than the two that were asked for.
    'a sample space that grows by two at once',
    { base: [0.5, 0.3, 0.1, 0.06, 0.04], expert: [0.06, 0.2, 0.04, 0.4, 0.3], alpha: 1, common: 2 },
    [1 / 11, 10 / 33, 0, 20 / 33, 0],
  ],
  [
    // Top 5 share four, so all six count. a and b fall below 0; c .30, d .58, e .03, f .64.
    'the strength of the paper',
    {
      base: [0.4, 0.25, 0.15, 0.1, 0.06, 0.04],
      expert: [0.1, 0.15, 0.2, 0.26, 0.05, 0.24],
      alpha: 3,
      common: 5,
    },
    [1e-8 / 1.55, 1e-8 / 1.55, 30 / 155, 58 / 155, 3 / 155, 64 / 155],
  ],
];

const runtimes = { transformers: loadTransformersModel, whitebox: loadWhiteBoxModel };
const traces = new Map<string, readonly (readonly [id: number, logProb: number])[]>();

describe.each(Object.entries(runtimes))('on %s', (name, load) => {
  let base: ScoringModel;
  let expert: ScoringModel;
  const write = () =>
    defend(safeDecoding, base, { preset: 'custom', steps, ...strength }, playing({ expert })).generate(
      asked,
      options,
    );
  beforeAll(async () => {
    base = await load(tinyEntry, { ...where, fetch: files('base') });
    expert = await load(tinyEntry, { ...where, fetch: files('expert') });
  });

  test('every steered token is drawn from the merged distribution, to a millionth', async () => {
    const { tokens } = await write();
    traces.set(
      name,
      tokens.slice(0, steps).map(({ id, logProb }) => [id!, logProb]),
    );
    const prompt = base.tokenizer.prompt(asked);
    const sessions = [await base.open([prompt]), await expert.open([prompt])];
    for (const { id, logProb, top, policy } of tokens.slice(0, steps)) {
      const [ours, theirs] = sessions.map((session) => session.logits(0).slice());
      const merged = logSoftmax(amplifyExpert(ours!, theirs!, strength));
      expect(Math.exp(logProb)).toBeCloseTo(Math.exp(merged[id!]!), 6);
      for (const option of top)
        expect(Math.exp(option.logProb)).toBeCloseTo(Math.exp(merged[option.id!]!), 6);
      for (const option of policy!.companions[0]!)
        expect(option.logProb).toBeCloseTo(logSoftmax(theirs!)[option.id!]!, 5);
      for (const session of sessions) await session.advance([id!]);
    }
    for (const session of sessions) await session.close();
  });
  test('every later token is what the base alone would write', async () => {
    const { tokens, text } = await write();
    const forced = tokens.slice(0, steps).map(({ id }) => id!);
    const alone = await base.generate(asked, { ...options, forced });
    expect(alone.text).toBe(text);
    expect(alone.tokens.slice(steps)).toEqual(tokens.slice(steps));
    expect(alone.text).not.toBe((await base.generate(asked, options)).text);
  });
  test.each(toys)('samples as worked out by hand, to a millionth: %s', async (_, toy, expected) => {
    const { base: ours, expert: theirs, ...strength } = toy;
    const [model, guide] = await Promise.all(
      [ours, theirs].map((shares) => load(tinyEntry, { ...where, fetch: toyFiles(shares) })),
    );
    const chosen = { preset: 'custom', steps: 1, ...strength };
    const defended = defend(safeDecoding, model!, chosen, playing({ expert: guide! }));
    const { tokens } = await defended.generate(asked, { maxNewTokens: 1, topTokens: 8 });
    const shares = new Map(tokens[0]!.top.map(({ text, logProb }) => [text, Math.exp(logProb)]));
    expected.forEach((share, i) =>
      expect(Math.abs((shares.get(letters[i]!) ?? 0) - share), letters[i]).toBeLessThan(1e-6),
    );
    expect(Math.abs([...shares.values()].reduce((sum, share) => sum + share, 0) - 1)).toBeLessThan(1e-6);
  });
  test('an expert that is the base changes nothing', async () => {
    const { text } = await defend(safeDecoding, base, {}, playing({ expert: base })).generate(asked, options);
    expect(text).toBe((await base.generate(asked, options)).text);
  });
});

test('both runtimes steer alike', () => {
  const [one, other] = [...traces.values()];
  expect(one!.map(([id]) => id)).toEqual(other!.map(([id]) => id));
  one!.forEach(([, logProb], i) => expect(logProb).toBeCloseTo(other![i]![1], 2));
});
