/** The same computations on WASM and on WebGPU, in a real browser; the GPU may be emulated. */
import { openDevice } from '#arrays/host';
import { describe, expect, test } from 'vitest';
import { randomIds, stubTokenizer, tinyConfig, tinyWeights } from './tiny-model.ts';
import { createTrainer, createWhiteBoxModel } from '../../../src/models/runtimes/whitebox/index.ts';

// `navigator.gpu` exists even in browsers without an adapter.
const hasGpu = Boolean(await (navigator.gpu as GPU | undefined)?.requestAdapter());

const config = tinyConfig();
const weights = tinyWeights(config);
const ids = (count: number, seed: string) => randomIds(count, config.vocabSize, seed);

/** Vectors of the hidden size, 16. */
const wave = (start: number) => Array.from({ length: 16 }, (_, i) => Math.sin(start + i));
const filled = (value: number) => new Array<number>(16).fill(value);

async function answers(kind: 'wasm' | 'webgpu', threads = 1) {
  const device = await openDevice(kind, threads);
  const model = createWhiteBoxModel({
    id: 'tiny',
    device,
    config,
    weights,
    tokenizer: stubTokenizer(config),
  });
  const prompt = ids(12, 'prompt');
  const logProbs = await model.logProbs(
    [1, 2, 3].map((i) => ({ prompt: [...prompt, i], target: ids(4, `target ${i}`) })),
  );
  const gradient = await model.tokenGradient({ prompt, target: ids(4, 'target'), start: 3, end: 8 });
  const states = await model.hiddenStates(prompt);
  const view = model.edited({
    softTokens: { vectors: [wave(0), wave(16)], at: 'start' },
    residual: [{ boundaries: [1], ablate: filled(1), add: filled(0.1) }],
  });
  const session = await view.open([prompt, [1, 37, 38, 5], [7]]);
  for (let i = 0; i < 3; i++) await session.advance(ids(3, `step ${i}`));
  await session.keep([2, 0, 0]);
  await session.advance([1, 2, 3]);
  const logits = [0, 1, 2].map((row) => session.logits(row).slice());
  await session.close();
  view.dispose();
  model.dispose();

  const trainer = createTrainer(device, config, weights, { learningRate: 1e-2, weightDecay: 0.1 });
  const batch = {
    ids: Int32Array.from(ids(40, 'batch')),
    lossWeights: Float32Array.from({ length: 40 }, (_, i) => (i % 3 === 0 ? 0 : 1)),
    shape: [4, 10],
  } as const;
  const losses = [];
  for (let i = 0; i < 4; i++) losses.push((await trainer.step(batch)).loss);
  trainer.dispose();
  return { logProbs, gradient: [gradient], states, logits, losses: [Float32Array.from(losses)] };
}

function farthest(a: readonly Float32Array[], b: readonly Float32Array[]): number {
  expect(a.map(({ length }) => length)).toEqual(b.map(({ length }) => length));
  return Math.max(
    ...a.map((values, i) => Math.max(...values.map((value, j) => Math.abs(value - b[i]![j]!)))),
  );
}

describe.skipIf(!hasGpu)('WebGPU', () => {
  test('agrees with WASM on everything', async () => {
    const wasm = await answers('wasm');
    const webgpu = await answers('webgpu');
    for (const key of ['logProbs', 'gradient', 'states', 'logits', 'losses'] as const)
      expect(farthest(wasm[key], webgpu[key]), key).toBeLessThan(1e-3);
  });
});

test('WASM works in a page', async () => {
  const { losses } = await answers('wasm');
  expect(losses[0]![3]).toBeLessThan(losses[0]![0]!);
});
