import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { device, gemmaFields, randomIds, stubTokenizer, tinyConfig, tinyWeights } from './tiny.ts';
import { referenceForward, referenceLogProbs, referenceLogSoftmax } from './reference-forward.ts';
import { LabError } from '../../../src/core/errors.ts';
import type { LlamaConfig } from '../../../src/models/llama.ts';
import type { Tensors } from '../../../src/models/safetensors.ts';
import {
  createWhiteBoxModel,
  loadWhiteBoxModel,
  type LlamaModel,
} from '../../../src/models/runtimes/whitebox/index.ts';
import { selfTest } from '../../../src/models/runtimes/whitebox/self-test.ts';
import { serve, tinyEntry, tinyFolder, tinySite } from '../tiny-model.ts';

const config = tinyConfig();
const weights = tinyWeights(config);
const ids = (count: number, seed: number | string) => randomIds(count, config.vocabSize, seed);
const create = (c: LlamaConfig = config, w: Tensors = tinyWeights(c)) =>
  createWhiteBoxModel({ id: 'tiny', device, config: c, weights: w, tokenizer: stubTokenizer(c) });

/** Largest absolute difference. */
const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  expect(a.length).toBe(b.length);
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));
};
const lastLogits = (prompt: readonly number[], c = config, w: Tensors = weights) =>
  referenceForward(c, w, prompt).logits.at(-1)!;

let model: LlamaModel;
beforeAll(() => {
  model = create();
});
afterAll(() => model.dispose());

describe('logits match the float64 reference', () => {
  test.each([
    ['grouped queries, tied output head', {}],
    [
      'one key head per query head, untied output head',
      { num_key_value_heads: 4, tie_word_embeddings: false },
    ],
    ['a head size of its own, another theta', { head_dim: 6, rope_theta: 500 }],
    ['biases in all projections', { attention_bias: true }],
    ['qwen2: biases in q, k and v', { model_type: 'qwen2' }],
    ['qwen3: normed queries and keys', { model_type: 'qwen3', tie_word_embeddings: false }],
    ['gemma3: four norms, scaled embeddings, windows', gemmaFields],
  ])('%s', async (_, changes) => {
    const other = tinyConfig(changes);
    const otherWeights = tinyWeights(other);
    const tested = create(other, otherWeights);
    const prompt = ids(11, 'prompt');
    const session = await tested.open([prompt]);
    expect(distance(session.logits(0), lastLogits(prompt, other, otherWeights))).toBeLessThan(1e-4);
    await session.close();
    tested.dispose();
  });
});

describe('decoding', () => {
  const prompts = [ids(3, 'a'), ids(12, 'b'), ids(1, 'c'), ids(7, 'd'), ids(7, 'e')];

  test('a row does not depend on other rows or their padding', async () => {
    const session = await model.open(prompts);
    for (const [row, prompt] of prompts.entries())
      expect(distance(session.logits(row), lastLogits(prompt))).toBeLessThan(1e-4);
    await session.close();
  });

  test('token by token it equals the full forward pass, also when the cache grows', async () => {
    const session = await model.open(prompts);
    const texts = prompts.map((prompt) => [...prompt]);
    for (let step = 0; step < 70; step++) {
      const tokens = ids(prompts.length, `step ${step}`);
      await session.advance(tokens);
      texts.forEach((text, row) => text.push(tokens[row]!));
      if (step % 23 === 0 || step > 67)
        for (const [row, text] of texts.entries())
          expect(distance(session.logits(row), lastLogits(text))).toBeLessThan(1e-4);
    }
    await session.close();
  });

  test('rows can be dropped, reordered and repeated', async () => {
    const session = await model.open(prompts);
    let texts = prompts.map((prompt) => [...prompt]);
    const check = () => {
      expect(session.rows).toBe(texts.length);
      for (const [row, text] of texts.entries())
        expect(distance(session.logits(row), lastLogits(text))).toBeLessThan(1e-4);
    };
    for (const order of [[4, 0, 2, 1], [3, 1], [1, 1, 0], [2], [0, 0, 0]]) {
      await session.keep(order);
      texts = order.map((row) => [...texts[row]!]);
      check();
      const tokens = ids(order.length, order.join());
      await session.advance(tokens);
      texts.forEach((text, row) => text.push(tokens[row]!));
      check();
    }
    await session.close();
    await session.close();
    expect(session.rows).toBe(0);
  });

  test('stops at the context window', async () => {
    const session = await model.open([ids(config.maxPositions - 1, 'long')]);
    await session.advance([5]);
    await expect(session.advance([5])).rejects.toMatchObject({ code: 'context-overflow' });
    await session.close();
    await expect(model.open([ids(config.maxPositions + 1, 'too long')])).rejects.toThrow(LabError);
  });

  test('generates the greedy continuation', async () => {
    const generation = await model.generate([{ role: 'user', content: '5 6 7' }], { maxNewTokens: 6 });
    const text = model.tokenizer.prompt([{ role: 'user', content: '5 6 7' }]);
    const wanted: number[] = [];
    for (let i = 0; i < 6; i++) {
      const logits = lastLogits(text);
      const next = logits.indexOf(Math.max(...logits));
      if (model.tokenizer.endIds.has(next)) break;
      wanted.push(next);
      text.push(next);
    }
    expect(generation.text).toBe(model.tokenizer.decode(wanted));
  });
});

describe('scoring', () => {
  const check = async (requests: { prompt: number[]; target: number[] }[], tested = model) => {
    const scores = await tested.logProbs(requests);
    requests.forEach(({ prompt, target }, i) =>
      expect(distance(scores[i]!, referenceLogProbs(config, weights, prompt, target))).toBeLessThan(1e-4),
    );
  };

  test('many candidates after a shared prefix, of different lengths', async () => {
    const prefix = ids(13, 'prefix');
    await check(
      Array.from({ length: 9 }, (_, i) => ({
        prompt: [...prefix, ...ids(1 + (i % 4), `suffix ${i}`)],
        target: ids(1 + (i % 3), `target ${i}`),
      })),
    );
  });

  test('requests with nothing in common', async () => {
    await check([1, 9, 4].map((length) => ({ prompt: ids(length, length), target: ids(5, `t${length}`) })));
  });

  test('one prompt, several targets', async () => {
    const prompt = ids(20, 'prompt');
    await check([1, 2, 3].map((length) => ({ prompt, target: ids(length, `t${length}`) })));
  });

  test('none and one', async () => {
    expect(await model.logProbs([])).toEqual([]);
    await check([{ prompt: ids(3, 'p'), target: ids(2, 't') }]);
  });

  test('refuses unknown ids, empty prompts and targets, and requests that are too long', async () => {
    const bad = [
      { prompt: [37], target: [1] },
      { prompt: [], target: [1] },
      { prompt: [1], target: [] },
      { prompt: ids(config.maxPositions, 'x'), target: [1] },
    ];
    for (const request of bad) await expect(model.logProbs([request])).rejects.toThrow(LabError);
  });

  test('stops when its signal aborts', async () => {
    const signal = AbortSignal.abort();
    await expect(model.logProbs([{ prompt: [1], target: [2] }], { signal })).rejects.toMatchObject({
      name: 'AbortError',
    });
  });
});

describe('gradients', () => {
  test.each([
    ['llama', {}, undefined],
    ['llama with weights', {}, [0.5, -1, 0, 2]],
    ['qwen2', { model_type: 'qwen2', tie_word_embeddings: false }, undefined],
    ['qwen3', { model_type: 'qwen3' }, undefined],
    ['gemma3', gemmaFields, undefined],
  ])('%s: token gradients match central differences', async (_, changes, weights) => {
    const other = tinyConfig(changes);
    const otherWeights = tinyWeights(other);
    const tested = create(other, otherWeights);
    const request = { prompt: ids(9, 'prompt'), target: ids(4, 'target'), start: 3, end: 6 };
    const gradient = await tested.tokenGradient({ ...request, ...(weights && { weights }) });
    expect(gradient.length).toBe(3 * 37);
    const table = otherWeights.get('model.embed_tokens.weight')!.data;
    const row = (id: number) => table.subarray(id * 16, (id + 1) * 16);
    const lossAt = (position: number, id: number, step: number) => {
      const from = row(request.prompt[position]!);
      const embedding = Float64Array.from(from, (value, i) => value + step * (row(id)[i]! - value));
      const edits = { embeddings: new Map([[position, embedding]]) };
      const logProbs = referenceLogProbs(other, otherWeights, request.prompt, request.target, edits);
      return -logProbs.reduce((sum, value, t) => sum + value * (weights?.[t] ?? 1 / logProbs.length), 0);
    };
    const at = (position: number, id: number) => gradient[(position - 3) * 37 + id]!;
    const errors: number[] = [];
    let scale = 0;
    for (const position of [3, 4, 5])
      for (const id of [0, 8, 36]) {
        const predicted = at(position, id) - at(position, request.prompt[position]!);
        const measured = (lossAt(position, id, 1e-4) - lossAt(position, id, -1e-4)) / 2e-4;
        errors.push(Math.abs(predicted - measured));
        scale = Math.max(scale, Math.abs(measured));
      }
    expect(Math.max(...errors)).toBeLessThan(1e-3 * scale);
    tested.dispose();
  });

  test('refuses weights that are not one per target token', async () => {
    const request = { prompt: [1, 2, 3], target: [4, 5], start: 1, end: 2, weights: [1] };
    await expect(model.tokenGradient(request)).rejects.toThrow(/weights/);
  });

  test('refuses a span outside the prompt', async () => {
    const request = { prompt: [1, 2, 3], target: [4] };
    for (const [start, end] of [
      [0, 4],
      [2, 2],
      [-1, 1],
    ] as const)
      await expect(model.tokenGradient({ ...request, start, end })).rejects.toThrow(/span/);
  });

  test.each([
    ['llama', {}],
    ['gemma3', gemmaFields],
  ])('%s: a loss of logits and hidden states needs to give its cotangents only', async (_, changes) => {
    const other = tinyConfig(changes);
    const otherWeights = tinyWeights(other);
    const tested = create(other, otherWeights);
    const prompt = ids(7, 'prompt');
    const wanted = referenceLogSoftmax(Float64Array.from({ length: 37 }, (_, id) => Math.cos(id)));
    /** KL to a fixed distribution at 2, a margin at 4, half the square of a hidden state at 3, after a layer. */
    const lossOf = (logits: readonly ArrayLike<number>[], hidden: ArrayLike<number>) => {
      const scores = referenceLogSoftmax(Float64Array.from(logits[2]!));
      const kl = wanted.reduce((sum, target, id) => sum + Math.exp(target) * (target - scores[id]!), 0);
      const norm = Array.from(hidden).reduce((sum, value) => sum + value * value, 0);
      return kl + logits[4]![8]! - logits[4]![5]! + norm / 2;
    };
    const at = async (position: number) => {
      const session = await tested.open([prompt.slice(0, position + 1)]);
      const logits = session.logits(0).slice();
      await session.close();
      return logits;
    };
    const scores = referenceLogSoftmax(Float64Array.from(await at(2)));
    const hidden = (await tested.hiddenStates(prompt))[1]!.slice(3 * 16, 4 * 16);
    const margin = Float32Array.from({ length: 37 }, (_, id) => Number(id === 8) - Number(id === 5));
    const gradient = await tested.inputGradient(prompt, {
      logits: [
        {
          position: 2,
          values: Float32Array.from(scores, (score, id) => Math.exp(score) - Math.exp(wanted[id]!)),
        },
        { position: 4, values: margin },
      ],
      hidden: [{ boundary: 1, position: 3, values: hidden }],
    });
    const table = otherWeights.get('model.embed_tokens.weight')!.data;
    const measured = (position: number, index: number, step: number) => {
      const id = prompt[position]!;
      const embedding = Float64Array.from(table.subarray(id * 16, (id + 1) * 16));
      embedding[index]! += step;
      const moved = referenceForward(other, otherWeights, prompt, {
        embeddings: new Map([[position, embedding]]),
      });
      return lossOf(moved.logits, moved.hidden[1]![3]!);
    };
    for (const [position, index] of [
      [0, 1],
      [2, 15],
      [3, 6],
      [4, 11],
    ] as const) {
      const slope = (measured(position, index, 1e-4) - measured(position, index, -1e-4)) / 2e-4;
      expect(gradient[position * 16 + index]).toBeCloseTo(slope, 3);
    }
    expect(Array.from(gradient.slice(5 * 16))).toEqual(new Array(32).fill(0));
    const refused = tested.inputGradient(prompt, { logits: [{ position: 9, values: margin }] });
    await expect(refused).rejects.toThrow(RangeError);
    tested.dispose();
  });

  test('the hidden-state gradient matches central differences', async () => {
    const prompt = ids(6, 'prompt');
    const cotangent = Float32Array.from({ length: 16 }, (_, i) => Math.sin(i + 1));
    const gradient = await model.inputGradient(prompt, { hidden: [{ position: 5, values: cotangent }] });
    const norm = weights.get('model.norm.weight')!.data;
    const table = weights.get('model.embed_tokens.weight')!.data;
    const project = (position: number, index: number, step: number) => {
      const id = prompt[position]!;
      const embedding = Float64Array.from(table.subarray(id * 16, (id + 1) * 16));
      embedding[index]! += step;
      const { hidden } = referenceForward(config, weights, prompt, {
        embeddings: new Map([[position, embedding]]),
      });
      const x = hidden.at(-1)!.at(-1)!;
      const scale = 1 / Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) / 16 + config.rmsNormEps);
      return x.reduce((sum, value, i) => sum + value * scale * norm[i]! * cotangent[i]!, 0);
    };
    for (const [position, index] of [
      [0, 0],
      [3, 7],
      [5, 15],
    ] as const) {
      const measured = (project(position, index, 1e-4) - project(position, index, -1e-4)) / 2e-4;
      expect(gradient[position * 16 + index]).toBeCloseTo(measured, 3);
    }
  });
});

describe.each([
  ['llama', {}],
  ['gemma3', gemmaFields],
])('hidden states, parameters and edits of %s', (_, changes) => {
  const config = tinyConfig(changes);
  const weights = tinyWeights(config);
  let model: LlamaModel;
  beforeAll(() => {
    model = create(config, weights);
  });
  afterAll(() => model.dispose());

  test('hidden states are the residual stream, the last one normed', async () => {
    const prompt = ids(6, 'prompt');
    const states = await model.hiddenStates(prompt);
    const { hidden } = referenceForward(config, weights, prompt);
    expect(states.length).toBe(config.layers + 1);
    for (const [layer, state] of states.slice(0, -1).entries())
      expect(
        distance(
          state,
          hidden[layer]!.flatMap((x) => [...x]),
        ),
      ).toBeLessThan(1e-4);
    const one = config.modelType === 'gemma3_text' ? 1 : 0;
    const norm = weights.get('model.norm.weight')!.data.map((value) => value + one);
    const normed = hidden.at(-1)!.flatMap((x) => {
      const scale = 1 / Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) / 16 + config.rmsNormEps);
      return Array.from(x, (value, i) => value * scale * norm[i]!);
    });
    expect(distance(states.at(-1)!, normed)).toBeLessThan(1e-4);
  });

  test('parameters are the weights that went in', async () => {
    expect(new Map(await model.parameters())).toEqual(weights);
  });

  test('soft tokens with the vectors of real tokens act as those tokens', async () => {
    const table = weights.get('model.embed_tokens.weight')!.data;
    const real = [9, 30];
    const rows = await model.embeddings(real);
    const vectors = [0, 1].map((row) => [...rows.subarray(row * 16, (row + 1) * 16)]);
    expect(vectors.flat()).toEqual(real.flatMap((id) => [...table.subarray(id * 16, (id + 1) * 16)]));
    await expect(model.embeddings([37])).rejects.toThrow(LabError);
    const view = model.edited({ softTokens: { vectors, at: 'start' } });
    const soft = [37, 38];
    const [before, after, target] = [ids(2, 'before'), ids(9, 'after'), ids(3, 'target')];
    const [viaSoft] = await view.logProbs([{ prompt: [...before, ...soft, ...after], target }]);
    const [viaReal] = await model.logProbs([{ prompt: [...before, ...real, ...after], target }]);
    expect(distance(viaSoft!, viaReal!)).toBeLessThan(1e-5);
    const prompt = view.tokenizer.prompt([{ role: 'user', content: '5 6' }]);
    expect(prompt).toEqual([
      1,
      37,
      38,
      ...model.tokenizer.prompt([{ role: 'user', content: '5 6' }]).slice(1),
    ]);
    const spoken = await view.generate([{ role: 'user', content: '5 6' }], { maxNewTokens: 4 });
    const session = await model.open([prompt.map((id) => (id < 37 ? id : real[id - 37]!))]);
    const logits = session.logits(0);
    expect(Number(spoken.text.split(' ')[0])).toBe(logits.indexOf(Math.max(...logits)));
    await session.close();
    await expect(model.logProbs([{ prompt: [37], target: [1] }])).rejects.toThrow(LabError);
    await expect(view.logProbs([{ prompt: [1], target: [37] }])).rejects.toThrow(LabError);
    view.dispose();
  });

  test('residual edits steer and ablate at their boundary, in every kind of pass', async () => {
    const direction = Float32Array.from({ length: 16 }, (_, i) => Math.cos(3 * i));
    const offset = Float32Array.from({ length: 16 }, (_, i) => Math.sin(2 * i));
    const squared = direction.reduce((sum, value) => sum + value * value, 0);
    const view = model.edited({ residual: [{ boundaries: [1], ablate: [...direction], add: [...offset] }] });
    const edits = {
      residual: {
        layer: 1,
        edit(state: Float64Array) {
          const along = state.reduce((sum, value, i) => sum + value * direction[i]!, 0) / squared;
          state.forEach((value, i) => (state[i] = value - along * direction[i]! + offset[i]!));
        },
      },
    };
    const [prompt, target] = [ids(10, 'prompt'), ids(4, 'target')];
    const expected = referenceLogProbs(config, weights, prompt, target, edits);
    const requests = [
      { prompt, target },
      { prompt: [...prompt.slice(0, 9), 3], target },
    ];
    const scores = await view.logProbs(requests);
    expect(distance(scores[0]!, expected)).toBeLessThan(1e-4);
    const session = await view.open([prompt]);
    await session.advance([target[0]!]);
    const logProbs = referenceLogSoftmax(Float64Array.from(session.logits(0)));
    expect(logProbs[target[1]!]).toBeCloseTo(expected[1]!, 3);
    await session.close();

    const gradient = await view.tokenGradient({ prompt, target, start: 2, end: 3 });
    const table = weights.get('model.embed_tokens.weight')!.data;
    const row = (id: number) => table.subarray(id * 16, (id + 1) * 16);
    const lossAt = (step: number) => {
      const embedding = Float64Array.from(row(prompt[2]!), (value, i) => value + step * (row(8)[i]! - value));
      const all = referenceLogProbs(config, weights, prompt, target, {
        ...edits,
        embeddings: new Map([[2, embedding]]),
      });
      return -all.reduce((a, b) => a + b) / all.length;
    };
    const measured = (lossAt(1e-4) - lossAt(-1e-4)) / 2e-4;
    expect(gradient[8]! - gradient[prompt[2]!]!).toBeCloseTo(measured, 3);
    view.dispose();
    for (const boundary of [-1, 0.5, 3])
      expect(() => model.edited({ residual: [{ boundaries: [boundary] }] })).toThrow(/another shape/);
  });
});

test('repeated work leaves no buffers behind, and disposing frees them all', async () => {
  const before = device.bytesHeld;
  const tested = create();
  const work = async () => {
    const view = tested.edited({
      residual: [{ boundaries: [2], add: new Array<number>(16).fill(0) }],
      softTokens: { vectors: [new Array<number>(16).fill(0)], at: 'start' },
    });
    const prompt = ids(12, 'prompt');
    await tested.logProbs([0, 1, 2].map((i) => ({ prompt: [...prompt, i], target: [1, 2] })));
    await tested.tokenGradient({ prompt, target: [3], start: 1, end: 4 });
    await tested.hiddenStates(prompt);
    await tested.inputGradient(prompt, {
      hidden: [{ position: 3, boundary: 1, values: new Float32Array(16) }],
    });
    await tested.parameters();
    const session = await view.open([prompt, [1, 37]]);
    await session.advance([1, 2]);
    await session.keep([1, 1]);
    await session.advance([1, 2]);
    await session.close();
    await tested.open([[99]]).catch(() => undefined);
    await tested.open([[1]], { signal: AbortSignal.abort() }).catch(() => undefined);
    view.dispose();
  };
  await work();
  const after = device.bytesHeld;
  for (let i = 0; i < 5; i++) await work();
  expect(device.bytesHeld).toBe(after);
  tested.dispose();
  expect(device.bytesHeld).toBe(before);
});

describe('the self-test', () => {
  const prompt = ids(6, 'stored');
  const stored = { ids: prompt, logits: [...lastLogits(prompt)] };

  test('passes a correct model', async () => {
    await selfTest(model, null);
    await selfTest(model, stored);
  });

  test('rejects logits that differ from the stored ones', async () => {
    const logits = stored.logits.map((value, i) => (i === 9 ? value + 0.1 : value));
    await expect(selfTest(model, { ...stored, logits })).rejects.toMatchObject({ code: 'no-webgpu' });
  });

  test('rejects a device whose decode step differs from its prefill', async () => {
    const broken: LlamaModel = {
      ...model,
      open: async (prompts) => {
        const session = await model.open(prompts);
        const close = () => session.close();
        const wrong = session.logits(0).map((value) => (prompts[0]!.length === 39 ? NaN : value));
        return { rows: 1, logits: () => wrong, advance: async () => {}, keep: async () => {}, close };
      },
    };
    await expect(selfTest(broken, null)).rejects.toThrow(/read at once/);
  });
});

describe('loading a folder', () => {
  const options = { device: 'wasm', baseUrl: tinySite } as const;

  test('gives a model that answers', async () => {
    const loaded = await loadWhiteBoxModel(tinyEntry, { ...options, fetch: serve(tinyFolder()) });
    expect(loaded).toMatchObject({ id: 'tiny', access: 'white-box', contextWindow: 256 });
    const { completionTokens } = await loaded.generate([{ role: 'user', content: 'hi' }], {
      maxNewTokens: 3,
    });
    expect(completionTokens).toBeLessThanOrEqual(3);
    loaded.dispose();
  });

  test('says what is missing or wrong', async () => {
    const without = new Map(tinyFolder());
    without.delete('model.safetensors');
    await expect(loadWhiteBoxModel(tinyEntry, { ...options, fetch: serve(without) })).rejects.toThrow(
      /model\.safetensors/,
    );
    await expect(
      loadWhiteBoxModel(tinyEntry, { ...options, device: 'webgpu', fetch: serve(without) }),
    ).rejects.toMatchObject({ code: 'no-webgpu' });
  });
});
