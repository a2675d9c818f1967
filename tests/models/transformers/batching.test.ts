import { beforeAll, describe, expect, test } from 'vitest';
import { user } from '../../../src/core/chat.ts';
import { createRandom } from '../../../src/core/random.ts';
import type { ScoringModel } from '../../../src/models/language-model.ts';
import { positionIds, type Engine } from '../../../src/models/runtimes/transformers/engine.ts';
import { loadTransformersModel } from '../../../src/models/runtimes/transformers/index.ts';
import { scoreTargets } from '../../../src/models/runtimes/transformers/scoring.ts';
import { canBatch, comparePieces, lastLogits } from '../../../src/models/runtimes/transformers/self-test.ts';
import { openSession, type Host } from '../../../src/models/runtimes/transformers/session.ts';
import { loadEngine } from '../onnx/load-engine.ts';
import { serve, tinyConfig, tinyEntry, tinyFolder, tinySite } from '../tiny-model.ts';

const { vocabSize, maxPositions: contextWindow } = tinyConfig;
let model: ScoringModel;
let engine: Engine;
beforeAll(async () => {
  const files = tinyFolder();
  model = await loadTransformersModel(tinyEntry, { device: 'wasm', baseUrl: tinySite, fetch: serve(files) });
  engine = await loadEngine(files, vocabSize);
});

const host = (change: Partial<Host> = {}): Host => ({
  engine,
  limits: { id: 'tiny', vocabSize, contextWindow },
  mayBatch: true,
  tokensPerRun: 2048,
  ...change,
});

/** `engine` with the shape of each run recorded: rows × new tokens. */
function counted(log: string[]): Engine {
  return {
    vocabSize,
    forward: (batch) => {
      log.push(`${batch.ids.length}×${batch.ids[0]!.length}`);
      return engine.forward(batch);
    },
  };
}

const randomIds = (seed: string, length: number) => {
  const rng = createRandom(seed);
  return Array.from({ length }, () => rng.integer(vocabSize));
};

describe('results are the same to the last bit', () => {
  test('for sampled answers with all their log-probs, alone and together', async () => {
    const ask = (i: number) =>
      model.generate([user('x'.repeat(1 + 7 * i))], {
        maxNewTokens: 8 + i,
        topTokens: 3,
        seed: `${i}`,
        sampling: { temperature: 1, topP: 0.95 },
      });
    const together = await Promise.all([0, 1, 2, 3, 4].map(ask));
    for (const [i, generation] of together.entries()) expect(await ask(i)).toEqual(generation);
  });
  test('for scores, with and without a shared prefix, in one run and in many', async () => {
    const prompt = randomIds('prompt', 30);
    const requests = Array.from({ length: 9 }, (_, i) => ({
      prompt: prompt.with(20 + i, i),
      target: randomIds(`target ${i}`, 1 + (i % 4)),
    }));
    const expected = [];
    for (const request of requests) expected.push((await scoreTargets(host(), [request]))[0]);
    expect(await scoreTargets(host(), requests)).toEqual(expected);
    expect(await scoreTargets(host({ tokensPerRun: 20 }), requests)).toEqual(expected);
    expect(await scoreTargets(host({ mayBatch: false }), requests)).toEqual(expected);
    const apart = requests.map((request) => ({ ...request, prompt: [...request.target, ...request.prompt] }));
    for (const [i, scores] of (await scoreTargets(host(), apart)).entries())
      expect(scores).toEqual((await scoreTargets(host(), [apart[i]!]))[0]);
  });
});

describe('work is not done twice', () => {
  test('a prefix that candidates share is read once', async () => {
    const log: string[] = [];
    const prompt = randomIds('prompt', 40);
    const requests = Array.from({ length: 6 }, (_, i) => ({ prompt: prompt.with(32, i), target: [1, 2, 3] }));
    await scoreTargets(host({ engine: counted(log) }), requests);
    expect(log).toEqual(['1×32', '6×10']);
  });
  test('a long prompt is read in pieces, so that a stop takes effect in between', async () => {
    const log: string[] = [];
    const controller = new AbortController();
    const reading = openSession(host({ engine: counted(log), tokensPerRun: 32 }), [randomIds('long', 200)], {
      signal: controller.signal,
    });
    setTimeout(() => controller.abort(), 0);
    await expect(reading).rejects.toMatchObject({ name: 'AbortError' });
    expect(log.length).toBeLessThan(7);
    expect(new Set(log)).toEqual(new Set(['1×32']));
  });
});

describe('positions', () => {
  const mask = [
    [0, 0, 1, 1, 1],
    [1, 1, 1, 1, 1],
  ];
  test('are those of the tokens, padding aside', () => {
    expect(positionIds(mask, 5, 0)).toEqual([
      [1, 1, 0, 1, 2],
      [0, 1, 2, 3, 4],
    ]);
  });
  test('go on behind the cache, from where the family begins', () => {
    expect(positionIds(mask, 2, 0)).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(positionIds(mask, 1, 1)).toEqual([[3], [5]]);
  });
});

test('a read that is stopped gives back the memory of what it had cached', async () => {
  const held = new Set<number>();
  const controller = new AbortController();
  const holding: Engine = {
    vocabSize,
    async forward() {
      const id = held.size;
      held.add(id);
      if (id === 1) controller.abort();
      const tensor = { location: 'gpu-buffer', dispose: () => held.delete(id) };
      return { logits: () => new Float32Array(vocabSize), past: new Map([['key', tensor as never]]) };
    },
  };
  const reading = openSession(host({ engine: holding, tokensPerRun: 16 }), [randomIds('long', 100)], {
    signal: controller.signal,
  });
  await expect(reading).rejects.toMatchObject({ name: 'AbortError' });
  expect(held.size).toBe(0);
});

describe('a graph whose batches are wrong', () => {
  /** As attention kernels that count valid keys from the left do: padding shifts what a row sees. */
  const confused: Engine = {
    get vocabSize() {
      return vocabSize;
    },
    forward: (batch) =>
      engine.forward({ ...batch, mask: batch.mask.map((row) => row.toSorted((a, b) => b - a)) }),
  };

  test('is detected', async () => {
    const judged = (one: Engine) => canBatch('toy', vocabSize, (rows) => lastLogits(one, rows), 'wasm');
    expect([await judged(engine), await judged(confused)]).toEqual([true, false]);
  });
  test('is refused by name if it gives no numbers', async () => {
    const torn: Engine = {
      vocabSize,
      forward: async (batch) => ({
        ...(await engine.forward(batch)),
        logits: () => new Float32Array(vocabSize).fill(NaN),
      }),
    };
    const judged = canBatch('toy', vocabSize, (rows) => lastLogits(torn, rows), 'wasm');
    await expect(judged).rejects.toMatchObject({
      code: 'bad-model',
      message: expect.stringMatching(/^toy gives values that are not finite/),
    });
  });
  test('runs one row at a time, with the same results', async () => {
    const prompts = [randomIds('a', 9), randomIds('b', 4), randomIds('c', 6)];
    const expected = await openSession(host(), prompts);
    const rows = await openSession(host({ engine: confused, mayBatch: false }), prompts);
    for (const session of [expected, rows]) {
      await session.advance([7, 8, 9]);
      await session.keep([2, 0]);
      await session.advance([10, 11]);
    }
    expect([rows.rows, rows.logits(0)]).toEqual([2, expected.logits(0).slice()]);
    expect(rows.logits(1)).toEqual(expected.logits(1));
  });
  test('is refused if a prompt read at once and in pieces gives different logits', async () => {
    const broken: Engine = {
      vocabSize,
      forward: (batch) =>
        engine.forward(
          batch.ids[0]!.length < 32 ? batch : { ...batch, ids: batch.ids.map((row) => row.toReversed()) },
        ),
    };
    await expect(comparePieces('tiny', engine)).resolves.toBeUndefined();
    await expect(comparePieces('tiny', broken)).rejects.toMatchObject({ code: 'no-webgpu' });
  });
});
