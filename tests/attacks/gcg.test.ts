import { describe, expect, test } from 'vitest';
import { drawSwap, predictedGains, rankSwaps } from '../../src/attacks/parts/coordinate.ts';
import { mellowmax, suffixTokens } from '../../src/attacks/parts/target.ts';
import { gcg } from '../../src/attacks/gcg.ts';
import { createRandom } from '../../src/core/random.ts';
import { lastUserText } from '../../src/core/chat.ts';
import { scripted } from '../../src/models/runtimes/scripted.ts';
import { scriptedTokenizer } from '../../src/models/runtimes/scripted-tokenizer.ts';
import { targetLoss } from '../../src/models/scoring.ts';
import { behavior, drain } from './drain.ts';

const secret = 'red fox';
/** Suffix characters start here: BOS, the user header, the request and a blank come before. */
const start = 2 + `${behavior.prompt} `.length;

/** A loss that is `atBest` when the suffix is the secret and grows with each character's distance from it. */
const landscape = (atBest = 1, pieces: readonly string[] = []) => {
  const tokenizer = scriptedTokenizer(pieces);
  return scripted({
    tokenizer,
    answer: 'Sure',
    cost: (position, id) => {
      if (position === 0) return atBest;
      const wanted = secret[position - start];
      return wanted === undefined ? 0 : Math.abs(id - tokenizer.vocabulary.indexOf(wanted)) / 40;
    },
  });
};
/** Four marks and three blanks: as long as the secret. */
const options = { suffixLength: 4, steps: 60, candidates: 48, topK: 8, testEvery: 0 };

describe('on a landscape that is separable by position', () => {
  test('reaches the global optimum', async () => {
    const { result } = await drain(gcg, { model: landscape(), options });
    expect(lastUserText(result.messages)).toBe(`${behavior.prompt} ${secret}`);
    expect(result.loss).toBeCloseTo(1, 4);
  });
  test('replays exactly from its seed, and another seed takes another path', async () => {
    const run = (seed: string) => drain(gcg, { model: landscape(), options: { ...options, steps: 8 }, seed });
    expect(await run('7')).toEqual(await run('7'));
    expect((await run('7')).steps).not.toEqual((await run('8')).steps);
  });
  test('goes on from the latest suffix even when it is worse, and returns the best', async () => {
    const { steps, result } = await drain(gcg, { model: landscape(), options });
    const losses = steps.map(({ loss }) => loss!);
    expect(losses.some((loss, i) => i > 0 && loss > losses[i - 1]!)).toBe(true);
    expect(result.loss).toBe(Math.min(...steps.map(({ bestLoss }) => bestLoss!)));
  });
  test('never reports a best loss above an earlier one', async () => {
    const { steps } = await drain(gcg, { model: landscape(), options });
    const best = steps.map(({ bestLoss }) => bestLoss!);
    expect(best).toEqual(best.toSorted((a, b) => b - a));
  });
  test('with a buffer, never goes on from a worse suffix', async () => {
    const { steps } = await drain(gcg, { model: landscape(), options: { ...options, buffer: 3 } });
    const losses = steps.map(({ loss }) => loss!);
    expect(losses).toEqual(losses.toSorted((a, b) => b - a));
  });
  test('ranks by mellowmax when asked, and still reports the cross-entropy', async () => {
    const { result } = await drain(gcg, {
      model: landscape(),
      options: { ...options, objective: 'mellowmax' },
    });
    expect(result.loss).toBeCloseTo(1, 4);
  });
});

describe('with a tokenizer that merges', () => {
  // Two-character pieces: many swaps would be read as other tokens than those that were scored.
  const model = landscape(1, [' r', 're', 'ed', 'd ', 'fo', 'ox', '! ', ' !!']);
  test('the loss is that of the string, worked out again from scratch', async () => {
    const { result } = await drain(gcg, { model, options: { ...options, steps: 25 } });
    expect(await targetLoss(model, result.messages, 'Sure')).toBeCloseTo(result.loss!, 4);
  });
  test('a step in which no candidate survives leaves the suffix alone', async () => {
    // The only swap that the gradient ranks, "r", would join the blank before it.
    const merging = landscape(1, [' r']);
    const { steps, result } = await drain(gcg, {
      model: merging,
      options: { ...options, suffixLength: 1, topK: 1, steps: 3 },
    });
    expect(steps.map(({ detail }) => detail?.['scored'])).toEqual([undefined, 0, 0, 0]);
    expect(lastUserText(result.messages)).toBe(`${behavior.prompt} !`);
  });
});

describe('the end of the search', () => {
  test('comes as soon as greedy decoding is sure to write the target', async () => {
    const { result } = await drain(gcg, { model: landscape(0.1), options });
    expect(result.steps).toBeLessThan(options.steps);
    expect(result.loss).toBeLessThan(Math.log(2));
  });
  test('comes when a test by generation writes the target', async () => {
    const model = landscape(1);
    const { steps, result } = await drain(gcg, { model, options: { ...options, testEvery: 5 } });
    expect(result.steps % 5).toBe(0);
    expect(result.steps).toBeLessThan(options.steps);
    expect(steps.at(-1)?.detail).toMatchObject({ passed: true, reply: 'Sure' });
  });
  test('does not come from an answer that is empty', async () => {
    // So unlikely a target that greedy decoding writes control tokens only.
    const { result } = await drain(gcg, {
      model: landscape(30),
      options: { ...options, steps: 6, testEvery: 2, testTokens: 3, success: 'no-refusal' },
    });
    expect(result.steps).toBe(6);
  });
  test('takes effect within a step when stopped', async () => {
    const controller = new AbortController();
    const model = landscape();
    const gradient = model.tokenGradient;
    const stopping = {
      ...model,
      tokenGradient: (...request: Parameters<typeof gradient>) => {
        controller.abort();
        return gradient(...request);
      },
    };
    const run = drain(gcg, { model: stopping, options, signal: controller.signal });
    await expect(run).rejects.toMatchObject({ name: 'AbortError' });
  });
});

test('steps are plain data with a gain for each token of the suffix', async () => {
  const { steps } = await drain(gcg, { model: landscape(), options: { ...options, steps: 2 } });
  expect(structuredClone(steps)).toEqual(steps);
  const { tokens, gains } = steps[1]!.detail as { tokens: string[]; gains: number[] };
  expect(tokens.join('')).toBe('! ! ! !');
  expect(gains).toHaveLength(7);
  expect(gains.every((gain) => gain >= 0)).toBe(true);
});

test('keeps the behavior’s own system prompt and takes its target', async () => {
  const withContext = { ...behavior, context: 'You live by the pond.' };
  const { result } = await drain(gcg, {
    model: landscape(),
    behavior: withContext,
    options: { ...options, steps: 1 },
  });
  expect(result.messages[0]).toEqual({ role: 'system', content: withContext.context });
});

describe('swaps', () => {
  const ids = [3, 0, 2];
  // Shape [3, 4]: row by row the gradient of tokens 0 … 3.
  const gradient = Float32Array.of(-1, -2, 5, 0, 4, -3, -3, -9, 1, 1, 0, -1);

  test('are ranked by gradient, ties by id, without forbidden ids and the present one', () => {
    expect(rankSwaps(gradient, ids, [0, 1, 2], 2)).toEqual([
      [1, 0],
      [1, 2],
      [0, 1],
    ]);
  });
  test('change exactly the asked number of positions', () => {
    const random = createRandom('swaps');
    const swaps = rankSwaps(gradient, ids, [0, 1, 2, 3], 3);
    for (const replacements of [1, 2, 3])
      for (let draw = 0; draw < 30; draw++) {
        const changed = drawSwap(ids, swaps, replacements, random).filter((id, i) => id !== ids[i]);
        expect(changed).toHaveLength(replacements);
      }
  });
  test('reach every position and every ranked id', () => {
    const random = createRandom('reach');
    const swaps = rankSwaps(gradient, ids, [0, 1, 2, 3], 3);
    const seen = new Set(Array.from({ length: 400 }, () => drawSwap(ids, swaps, 1, random).join()));
    expect(seen.size).toBe(9);
  });
  test('promise the fall of the loss to the best swap, and nothing where no swap is better', () => {
    const swaps = rankSwaps(gradient, ids, [0, 1, 2], 2);
    expect(predictedGains(gradient, ids, swaps)).toEqual([2, 7, 0]);
  });
});

test('a suffix uses neither special tokens nor what is not printable ASCII', () => {
  const tokenizer = scriptedTokenizer(['é', 'a\nb', ' ok']);
  const texts = suffixTokens(tokenizer).map((id) => tokenizer.vocabulary[id]);
  expect(texts).toContain(' ok');
  expect(texts).toHaveLength(96);
});

describe('mellowmax', () => {
  // Worked out from its formula with double precision.
  test.each([
    [1, 2.308994],
    [10, 2.890143],
  ])('of (1, 2, 3) at sharpness %d', (sharpness, expected) => {
    expect(mellowmax(Float32Array.of(1, 2, 3), sharpness)).toBeCloseTo(expected, 5);
  });
  test('lies between the mean and the largest', () => {
    expect(mellowmax(Float32Array.of(1, 2, 3), 0.01)).toBeCloseTo(2, 1);
    expect(mellowmax(Float32Array.of(1, 2, 3), 90)).toBeCloseTo(3, 1);
  });
});
