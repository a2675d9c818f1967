import { describe, expect, test } from 'vitest';
import { gcg } from '../../src/attacks/gcg.ts';
import { probeSample, rankCorrelation } from '../../src/attacks/gcg/probe-sampling.ts';
import { mellowmax } from '../../src/attacks/gcg/ranking.ts';
import {
  dealSwap,
  drawSwap,
  predictedGains,
  proposeSuffixes,
  rankSwaps,
  sumOfNormalized,
} from '../../src/attacks/parts/suffix/coordinate-search.ts';
import { initialSuffix, suffixPrompt, suffixTokens } from '../../src/attacks/parts/suffix/suffix-prompt.ts';
import { lastUserText, user } from '../../src/core/chat.ts';
import { createRandom } from '../../src/core/random.ts';
import { scriptedTokenizer } from '../../src/models/runtimes/scripted-tokenizer.ts';
import { scripted } from '../../src/models/runtimes/scripted.ts';
import { targetLoss } from '../models/target-loss.ts';
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
  test('continues from the latest suffix even when it is worse, and returns the best', async () => {
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
  test.each([0, 3])(
    'every step shows the loss of the very suffix it shows, with a buffer of %i',
    async (buffer) => {
      const model = landscape();
      const { steps } = await drain(gcg, { model, options: { ...options, steps: 12, buffer } });
      for (const { candidate, loss } of steps)
        expect(await targetLoss(model, [user(candidate!)], 'Sure')).toBeCloseTo(loss!, 4);
    },
  );
  test('with a buffer, never continues from a worse suffix', async () => {
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

describe('every way of searching', () => {
  const counting = () => {
    const model = landscape();
    const seen = { scored: 0, shared: new Set<boolean | undefined>() };
    const counted: typeof model = {
      ...model,
      logProbs: (requests, given) => {
        seen.scored += requests.length;
        seen.shared.add(given?.sharePrefix);
        return model.logProbs(requests, given);
      },
    };
    return { counted, seen };
  };

  test.each([
    ['dealt positions', { positions: 'dealt' }],
    ['annealing', { accept: 'annealed', steps: 100 }],
    ['a buffer that starts full', { buffer: 4 }],
    ['probe sampling', { probe: true, candidates: 200 }],
    ['no prefix cache', { prefixCache: false }],
  ])('reaches the global optimum: %s', async (_, more) => {
    const { result } = await drain(gcg, {
      model: landscape(),
      roles: { scorer: landscape() },
      options: { ...options, ...more },
    });
    expect(lastUserText(result.messages)).toBe(`${behavior.prompt} ${secret}`);
    expect(result.loss).toBeCloseTo(1, 4);
  });
  test('probe sampling asks the target model about fewer candidates than the scorer', async () => {
    const [target, draft] = [counting(), counting()];
    const { steps } = await drain(gcg, {
      model: target.counted,
      roles: { scorer: draft.counted },
      options: { ...options, steps: 5, candidates: 160, probe: true },
    });
    expect(draft.seen.scored).toBeGreaterThan(5 * target.seen.scored);
    // The draft ranks as the target does, so only the probes and its one best are looked at.
    expect(steps[1]!.detail).toMatchObject({ agreement: 1 });
  });
  test('the prefix cache is what the option says', async () => {
    for (const prefixCache of [true, false]) {
      const { counted, seen } = counting();
      await drain(gcg, { model: counted, options: { ...options, steps: 1, prefixCache } });
      expect([...seen.shared]).toEqual([prefixCache]);
    }
  });
  test('annealing rejects some worse suffixes toward the end, and "always" rejects none', async () => {
    const stays = async (accept: string) => {
      const { steps } = await drain(gcg, {
        model: landscape(),
        options: { ...options, steps: 80, candidates: 4, accept },
      });
      return steps.filter(({ candidate }, i) => i > 0 && candidate === steps[i - 1]!.candidate).length;
    };
    expect(await stays('always')).toBe(0);
    expect(await stays('annealed')).toBeGreaterThan(0);
  });
});

test('an attack claims success or not by its own test', async () => {
  const claimed = async (atBest: number, steps: number) =>
    (await drain(gcg, { model: landscape(atBest), options: { ...options, steps, end: 'target' } })).result
      .claimed;
  expect(await claimed(0.1, 60)).toBe(true);
  expect(await claimed(5, 2)).toBe(false);
});

describe('with a tokenizer that merges', () => {
  // Two-character pieces: many swaps would be read as other tokens than those that were scored.
  const model = landscape(1, [' r', 're', 'ed', 'd ', 'fo', 'ox', '! ', ' !!']);
  test('the loss is that of the string, computed again from scratch', async () => {
    const { result } = await drain(gcg, { model, options: { ...options, steps: 25 } });
    expect(await targetLoss(model, result.messages, 'Sure')).toBeCloseTo(result.loss!, 4);
  });
  test('a step in which no candidate survives leaves the suffix unchanged', async () => {
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

test('candidates are distinct, allowed, and differ from their parent in the given number of positions', () => {
  const prompt = suffixPrompt(landscape(), behavior, '! ! ! !');
  const from = initialSuffix(prompt);
  const allowed = suffixTokens(prompt.model.tokenizer);
  const random = createRandom('candidates');
  for (const replacements of [1, 3]) {
    const swaps = from.ids.map((id) => allowed.filter((other) => other !== id));
    const proposing = { candidates: 40, replacements, positions: 'drawn' } as const;
    const suffixes = proposeSuffixes([prompt], from, swaps, proposing, random);
    expect(new Set(suffixes.map(({ text }) => text)).size).toBe(40);
    for (const { ids } of suffixes) {
      expect(ids.filter((id, i) => id !== from.ids[i])).toHaveLength(replacements);
      for (const id of ids) expect(allowed).toContain(id);
    }
  }
});

describe('the end of the search', () => {
  test('comes as soon as greedy decoding is sure to write the target', async () => {
    const { result } = await drain(gcg, {
      model: landscape(0.1),
      options: { ...options, end: 'target' },
    });
    expect(result.steps).toBeLessThan(options.steps);
    expect(result.loss).toBeLessThan(Math.log(2));
  });
  test('comes when a test by generation writes the target', async () => {
    const model = landscape(1);
    const { steps, result } = await drain(gcg, {
      model,
      options: { ...options, testEvery: 5, end: 'target' },
    });
    expect(result.steps % 5).toBe(0);
    expect(result.steps).toBeLessThan(options.steps);
    expect(steps.at(-1)?.detail).toMatchObject({ passed: true, response: 'Sure' });
  });
  test('does not come from the target alone: the search goes on until an answer holds something', async () => {
    const base = landscape(0.1);
    const run = async (text: string) => {
      const model = {
        ...base,
        generate: async (...request: Parameters<typeof base.generate>) => ({
          ...(await base.generate(...request)),
          text,
        }),
      };
      return (await drain(gcg, { model, options })).result;
    };
    const hollow = await run('Sure, a story.');
    expect(hollow).toMatchObject({ steps: options.steps, claimed: false });
    const full = await run('Sure, a story: bees hum, ants dig, owls fly.');
    expect(full.steps).toBeLessThan(options.steps);
    expect(full).toMatchObject({ claimed: true, outcomes: { answered: 1 } });
  });
  test('does not come from an answer that is empty', async () => {
    // So unlikely a target that greedy decoding writes control tokens only.
    const { result } = await drain(gcg, {
      model: landscape(30),
      options: { ...options, steps: 6, testEvery: 2, testTokens: 3, end: 'no-refusal' },
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
  test('are dealt to candidates in turn: with one a position, each gets its best swap', () => {
    const swaps = rankSwaps(gradient, ids, [0, 1, 2], 1);
    const dealt = ids.map((_, index) => dealSwap(ids, swaps, [index, ids.length], createRandom('deal')));
    expect(dealt).toEqual([
      [1, 0, 2],
      [3, 1, 2],
      [3, 0, 0],
    ]);
    const eight = Array.from({ length: 6 }, (_, i) => dealSwap(ids, swaps, [i, 6], createRandom(i)));
    expect(eight.map((given) => given.findIndex((id, i) => id !== ids[i]))).toEqual([0, 0, 1, 1, 2, 2]);
  });
  test('promise the fall of the loss to the best swap, and nothing where no swap is better', () => {
    const swaps = rankSwaps(gradient, ids, [0, 1, 2], 2);
    expect(predictedGains(gradient, ids, swaps)).toEqual([2, 7, 0]);
  });
});

test('a suffix uses only tokens of printable ASCII, no special ones', () => {
  const tokenizer = scriptedTokenizer(['é', 'a\nb', ' ok']);
  const texts = suffixTokens(tokenizer).map((id) => tokenizer.vocabulary[id]);
  expect(texts).toContain(' ok');
  expect(texts).toHaveLength(96);
});

describe('mellowmax', () => {
  // Computed from its formula in double precision.
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

test('gradients of several models count equally, whatever their norms', () => {
  const loud = Float32Array.of(300, 400, 0, 0);
  const quiet = Float32Array.of(0, 1, 0.5, 0);
  const sum = sumOfNormalized([loud, quiet], 2);
  expect([...sum].map((value) => Number(value.toFixed(6)))).toEqual([0.6, 1.8, 1, 0]);
});

describe('probe sampling', () => {
  const values = Array.from({ length: 64 }, (_, i) => (i * 37) % 64);
  const probe = (draft: (value: number) => number) =>
    probeSample(
      values,
      async (all) => all.map(draft),
      async (some) => some.map((value) => ({ value, loss: value })),
      createRandom('probe'),
    );
  test('scores few candidates when the models agree, the best among them', async () => {
    const { agreement, scored } = await probe((value) => value);
    expect(agreement).toBe(1);
    expect(scored.length).toBeLessThanOrEqual(4 + 1);
    expect(Math.min(...scored.map(({ loss }) => loss))).toBe(0);
  });
  test('scores an eighth more when they disagree, none of them twice', async () => {
    const { agreement, scored } = await probe((value) => -value);
    expect(agreement).toBe(0);
    expect(scored.length).toBeGreaterThan(4);
    expect(scored.length).toBeLessThanOrEqual(4 + 8);
    expect(new Set(scored.map(({ value }) => value)).size).toBe(scored.length);
  });
  test('takes an uninformative draft as half an agreement', async () => {
    expect((await probe(() => 1)).agreement).toBe(0.5);
  });
  // scipy.stats.spearmanr([1, 2, 2, 4], [3, 1, 4, 5])
  test('ranks ties by their mean', () => {
    expect(rankCorrelation([1, 2, 2, 4], [3, 1, 4, 5])).toBeCloseTo(0.632456, 5);
  });
});
