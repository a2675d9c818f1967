/** @file What SafeDecoding samples from, on both runtimes, against the formula applied to the logits of each. */
import '../../src/models/runtimes/whitebox/node.ts';
import { beforeAll, describe, expect, test } from 'vitest';
import { user } from '../../src/core/chat.ts';
import { safeDecoding } from '../../src/defenses/decoding/safe-decoding.ts';
import { amplifyExpert } from '../../src/defenses/parts/merge.ts';
import { logSoftmax } from '../../src/models/decoding/sampler.ts';
import type { ScoringModel } from '../../src/models/language-model.ts';
import { loadTransformersModel } from '../../src/models/runtimes/transformers/index.ts';
import { loadWhiteBoxModel } from '../../src/models/runtimes/whitebox/index.ts';
import { serve, tinyConfig, tinyEntry, tinyFolder, tinySite, tinyWeights } from '../models/tiny-model.ts';
import { defend, playing } from './defend.ts';

const asked = [user('Tell me.')];
const options = { maxNewTokens: 8, topTokens: 5 };
const steps = 3;
const strength = { alpha: 3, common: 5 };
const files = (seed: string) => serve(tinyFolder(tinyConfig, tinyWeights(tinyConfig, seed)));
const where = { device: 'wasm', baseUrl: tinySite } as const;

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
      tokens.slice(0, steps).map(({ id, logProb }) => [id, logProb]),
    );
    const prompt = base.tokenizer.prompt(asked);
    const sessions = [await base.open([prompt]), await expert.open([prompt])];
    for (const { id, logProb, top, policy } of tokens.slice(0, steps)) {
      const [ours, theirs] = sessions.map((session) => session.logits(0).slice());
      const merged = logSoftmax(amplifyExpert(ours!, theirs!, strength));
      expect(Math.exp(logProb)).toBeCloseTo(Math.exp(merged[id]!), 6);
      for (const option of top) expect(Math.exp(option.logProb)).toBeCloseTo(Math.exp(merged[option.id]!), 6);
      for (const option of policy!.companions[0]!)
        expect(option.logProb).toBeCloseTo(logSoftmax(theirs!)[option.id]!, 5);
      for (const session of sessions) await session.advance([id]);
    }
    for (const session of sessions) await session.close();
  });
  test('every later token is what the base alone would write', async () => {
    const { tokens, text } = await write();
    const forced = tokens.slice(0, steps).map(({ id }) => id);
    const alone = await base.generate(asked, { ...options, forced });
    expect(alone.text).toBe(text);
    expect(alone.tokens.slice(steps)).toEqual(tokens.slice(steps));
    expect(alone.text).not.toBe((await base.generate(asked, options)).text);
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
