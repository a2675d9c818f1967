/** Whole layers of each family, forwards and backwards, after cached positions. */
import { describe, expect, test } from 'vitest';
import { disposeAll, Scope, type NamedArrays } from '../../../src/models/arrays/array-device.ts';
import type { Wanted } from '../../../src/models/programs/layer-weights.ts';
import { projections } from '../../../src/models/projections.ts';
import type { LlamaConfig } from '../../../src/models/llama.ts';
import {
  arrangeAdapters,
  initAdapters,
  uploadScale,
} from '../../../src/models/runtimes/whitebox/adapters.ts';
import { backToEmbeddings, readLayersSaving } from '../../../src/models/runtimes/whitebox/backward.ts';
import { PrefixCache } from '../../../src/models/runtimes/whitebox/caches.ts';
import { causalPlaces } from '../../../src/models/runtimes/whitebox/context.ts';
import { noEdits } from '../../../src/models/runtimes/whitebox/edits.ts';
import { noAdapters, Pace, type Engine } from '../../../src/models/runtimes/whitebox/engine.ts';
import { relaid } from '../../../src/models/runtimes/whitebox/layout.ts';
import { Programs } from '../../../src/models/runtimes/whitebox/programs.ts';
import { arrangeWeights, uploadTensors } from '../../../src/models/runtimes/whitebox/weights.ts';
import { device, gemmaFields, tinyConfig, tinyWeights } from '../whitebox/tiny.ts';
import { referenceLayers } from './reference-layers.ts';
import { dot, randomValues, relativeError, slopeAlong, values, type Named, type Values } from './values.ts';

const families: Readonly<Record<string, LlamaConfig>> = {
  llama: tinyConfig(),
  'llama with biases on all of attention': tinyConfig({ attention_bias: true }),
  qwen2: tinyConfig({ model_type: 'qwen2', num_key_value_heads: 1 }),
  qwen3: tinyConfig({ model_type: 'qwen3' }),
  gemma3: tinyConfig(gemmaFields),
};
const [rows, length, cached] = [2, 5, 4];
const rank = { rank: 2, alpha: 3 };

const named = (tensors: ReadonlyMap<string, { shape: readonly number[]; data: ArrayLike<number> }>): Named =>
  Object.fromEntries([...tensors].map(([name, { shape, data }]) => [name, values(shape, data)]));
const float32 = ({ shape, data }: Values) => ({ shape, data: Float32Array.from(data) });
const upload = (scope: Scope, { shape, data }: Values) =>
  scope.own(device.upload(shape, Float32Array.from(data)));

function setUp(config: LlamaConfig, withAdapters: boolean) {
  const weights = [...tinyWeights(config)].filter(([name]) => name.includes('layers'));
  const adapters = withAdapters
    ? [...initAdapters(config, rank)].map(
        // Both factors, so that neither gradient is zero.
        ([name, { shape }]) => [name, float32(randomValues(shape, name, 0.5))] as const,
      )
    : [];
  const side = (name: string) => randomValues([1, config.kvHeads, cached, config.headDim], name);
  return {
    inputs: {
      ...named(new Map([...weights, ...adapters])),
      x: randomValues([rows * length, config.hiddenSize], 'x'),
    } as Named,
    past: Array.from({ length: config.layers }, (_, layer) => ({
      k: side(`k ${layer}`),
      v: side(`v ${layer}`),
    })),
  };
}
type Setting = ReturnType<typeof setUp>;

/** The stream after the layers, and its gradients by name: `x`, and those of weights or adapters. */
async function runLayers(
  config: LlamaConfig,
  { inputs, past }: Setting,
  dOut: Values,
  { wanted, recompute }: { readonly wanted: Wanted; readonly recompute: boolean },
): Promise<{ readonly out: Float32Array; readonly gradients: Map<string, Float32Array> }> {
  return Scope.with(async (scope) => {
    const tensors = Object.entries(inputs).filter(([name]) => name !== 'x');
    const arrays = uploadTensors(device, new Map(tensors.map(([name, value]) => [name, float32(value)])));
    scope.ownAll(Object.fromEntries(arrays));
    const programs = new Programs(device, config);
    const hasAdapters = tensors.some(([name]) => name.includes('lora'));
    const engine: Engine = {
      ...{ device, config, programs, soft: null, edits: noEdits, prefix: new PrefixCache() },
      limits: { id: 'tiny', vocabSize: config.vocabSize, contextWindow: config.maxPositions },
      inputVocabSize: config.vocabSize,
      weights: arrangeWeights(config, arrays),
      adapters: hasAdapters
        ? arrangeAdapters(config, rank, arrays, scope.own(uploadScale(device, rank)))
        : noAdapters,
    };
    const passing = {
      places: causalPlaces(device, scope, config, { rows, length, start: cached }),
      past: past.map(({ k, v }) => ({ k: upload(scope, k), v: upload(scope, v) })),
      pace: new Pace({}),
    };
    const x = device.upload(inputs['x']!.shape, Float32Array.from(inputs['x']!.data));
    const saved = await readLayersSaving(engine, x, passing, recompute);
    const gradients = new Map<string, Float32Array>();
    const onGradients = async (layer: number, found: NamedArrays) => {
      for (const [local, array] of Object.entries(found)) {
        const name = `model.layers.${layer}.${local}`;
        const gradient = relaid(name, { shape: array.shape, data: await device.read(array) });
        expect(gradient.shape).toEqual(inputs[name]!.shape);
        gradients.set(name, gradient.data);
      }
      disposeAll(found);
    };
    const dLast = device.upload(dOut.shape, Float32Array.from(dOut.data));
    const dX = scope.own(
      await backToEmbeddings(engine, saved.trace, dLast, passing, { wanted, onGradients }),
    );
    gradients.set('x', await device.read(dX));
    const out = await device.read(scope.own(saved.x));
    programs.dispose();
    return { out, gradients };
  });
}

const wantedNames: Readonly<Record<Wanted, RegExp>> = {
  input: /^x$/,
  weights: /^(?!.*lora)/,
  adapters: /^x$|lora/,
};

describe.each(Object.entries(families))('layers of %s', (_, config) => {
  const dOut = randomValues([rows * length, config.hiddenSize], 'd out');

  test.each([
    ['input', false],
    ['input', true],
    ['weights', false],
    ['adapters', true],
  ] as const)('have the gradients of float64 for %s, adapters %s', async (wanted, withAdapters) => {
    const setting = setUp(config, withAdapters);
    const f = (inputs: Named) =>
      referenceLayers(config, inputs, { rows, past: setting.past, scale: rank.alpha / rank.rank }).data;
    const { out, gradients } = await runLayers(config, setting, dOut, { wanted, recompute: false });
    expect(relativeError(out, f(setting.inputs))).toBeLessThan(1e-5);
    const names = Object.keys(setting.inputs).filter((name) => wantedNames[wanted].test(name));
    expect([...gradients.keys()].toSorted()).toEqual(names.toSorted());
    const scale = config.modelType === 'gemma3_text' ? Math.fround(Math.sqrt(config.hiddenSize)) : 1;
    for (const [name, gradient] of gradients) {
      // The whole gradient at once, by how the loss grows in random directions.
      for (const seed of ['first', 'second']) {
        const direction = randomValues(setting.inputs[name]!.shape, `${seed} ${name}`).data;
        const expected = slopeAlong(f, setting.inputs, name, dOut.data, direction);
        // What enters the layers is an embedding before its scale.
        const actual = dot(gradient, direction) / (name === 'x' ? scale : 1);
        const size = Math.sqrt(dot(gradient, gradient));
        expect(Math.abs(actual - expected) / size, name).toBeLessThan(1e-4);
      }
    }
  });

  test.each(['input', 'weights', 'adapters'] as const)(
    'computed again on the way back, give the same gradients for %s',
    async (wanted) => {
      const setting = setUp(config, wanted === 'adapters');
      const kept = await runLayers(config, setting, dOut, { wanted, recompute: false });
      const again = await runLayers(config, setting, dOut, { wanted, recompute: true });
      expect(again.out).toEqual(kept.out);
      expect([...again.gradients.keys()]).toEqual([...kept.gradients.keys()]);
      for (const [name, gradient] of kept.gradients)
        expect(relativeError(again.gradients.get(name)!, gradient), name).toBeLessThan(1e-5);
    },
  );
});

test('every linear layer of a family has an adapter', () => {
  const setting = setUp(families['llama']!, true);
  const factors = Object.keys(setting.inputs).filter((name) => name.includes('lora'));
  expect(factors).toHaveLength(2 * 2 * projections.length);
});
