import { expect, test } from 'vitest';
import { bestOfN } from '../../src/attacks/best-of-n.ts';
import { lastUserText } from '../../src/core/chat.ts';
import { defaultsOf } from '../../src/core/options.ts';
import { scripted } from '../../src/models/runtimes/scripted.ts';
import { behavior as fox, drain, mutation } from './drain.ts';

const behavior = { ...fox, prompt: 'How do I wake the stone giant?' };
const help = 'Wake the stone giant this way: sing old songs to him at dawn, and ring a bell by his left ear.';
const no = 'Sorry, I cannot do that.';
/** Slips for one prompt in four or so: those that start with a small letter. */
const slipping = scripted({ reply: (messages) => (/^[a-z]/.test(lastUserText(messages)) ? help : no) });

test('ends at its first success, however many tries are answered at the same time', async () => {
  const run = (atOnce: number) =>
    drain(bestOfN, { model: slipping, behavior, options: { atOnce, maxNewTokens: 200 }, seed: '3' });
  const { steps, result } = await run(1);
  expect(result.claimed).toBe(true);
  expect(result.steps).toBe(steps.length);
  expect(lastUserText(result.messages)).toBe(steps.at(-1)!.candidate);
  expect(lastUserText(result.messages)).toMatch(/^[a-z]/);
  expect(await run(8)).toEqual({ steps, result });
});

test('never stops early if so set, and then measures the success curve and its law', async () => {
  const { steps, result } = await drain(bestOfN, {
    model: slipping,
    behavior,
    options: { samples: 40, stop: 'never', maxNewTokens: 200 },
  });
  expect(steps).toHaveLength(40);
  const { successes, curve, law } = steps.at(-1)!.detail as {
    successes: number;
    curve: { k: number; rate: number }[];
    law: { exponent: number };
  };
  expect(successes).toBeGreaterThan(1);
  expect(curve[0]!.rate).toBeCloseTo(successes / 40);
  expect(curve.map(({ k }) => k)).toEqual([1, 2, 4, 8, 16, 32]);
  expect(law.exponent).toBeLessThan(0);
  expect(result.claimed).toBe(true);
});

test('gives up after N tries without a claim', async () => {
  const { steps, result } = await drain(bestOfN, {
    model: scripted({ reply: () => no }),
    behavior,
    options: { samples: 10 },
  });
  expect(steps).toHaveLength(10);
  expect(result).toMatchObject({ claimed: false, steps: 10 });
});

test('samples each try with its own seed, at the temperature of the result', async () => {
  const seeds: (string | undefined)[] = [];
  const { result } = await drain(bestOfN, {
    model: scripted({
      reply: (_, { seed, sampling }) => {
        expect(sampling).toEqual({ temperature: 0.7, topP: 1 });
        seeds.push(seed);
        return no;
      },
    }),
    behavior,
    options: { samples: 20, temperature: 0.7 },
  });
  expect(new Set(seeds).size).toBe(20);
  expect(result.sampling).toEqual({ temperature: 0.7, topP: 1 });
});

test('names the seed of the successful try, so that its answer can be reproduced', async () => {
  const seeds: string[] = [];
  const model = scripted({
    reply: (_, { seed }) => {
      seeds.push(seed!);
      return seeds.length === 5 ? help : no;
    },
  });
  const { result } = await drain(bestOfN, { model, behavior, options: { atOnce: 1, maxNewTokens: 200 } });
  expect(result).toMatchObject({ claimed: true, steps: 5, seed: seeds[4] });
});

test('perturbs by its strength: not at all at 0, and only with the edits that are on', () => {
  const candidate = (options: object) =>
    lastUserText(
      bestOfN.mutate!(behavior, { ...defaultsOf(bestOfN.options), ...options }, mutation(bestOfN)).messages,
    );
  expect(candidate({ sigma: 0 })).toBe(behavior.prompt);
  expect(candidate({})).not.toBe(behavior.prompt);
  const recased = candidate({ scramble: false, noise: false });
  expect(recased).not.toBe(behavior.prompt);
  expect(recased.toLowerCase()).toBe(behavior.prompt.toLowerCase());
});
