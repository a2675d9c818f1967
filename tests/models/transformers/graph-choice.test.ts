import { expect, test } from 'vitest';
import { candidateGraphs } from '../../../src/models/runtimes/transformers/graph-choice.ts';
import { graphsInConfig } from '../../../src/models/stored-graphs.ts';
import { tinyEntry } from '../tiny-model.ts';

const processor = { kind: 'wasm', f16: false } as const;
const adapter = (f16: boolean) => ({ kind: 'webgpu', f16 }) as const;
const hub = { ...tinyEntry, source: { kind: 'hub', repo: 'org/name', revision: 'main' } } as const;
const dtypes = (...args: Parameters<typeof candidateGraphs>) =>
  candidateGraphs(...args).map(({ dtype }) => dtype);

test('of a repository, what the adapter cannot compute is tried last', () => {
  expect(dtypes(hub, {}, {}, adapter(true)).slice(0, 2)).toEqual(['q4f16', 'q4']);
  expect(dtypes(hub, {}, {}, adapter(false)).slice(-2).toSorted()).toEqual(['fp16', 'q4f16']);
  expect(dtypes(hub, {}, {}, processor)[0]).toBe('q8');
});

test('an imported model has one graph for each device, and it says what of the weights it reads', () => {
  const whole = { 'model.safetensors': 'whole' } as const;
  const q4f16 = { 'model.safetensors': 1000, 'model_q4.safetensors': 'whole' } as const;
  const graphs = { float32: whole, float16: whole, q4f16 };
  const config = {
    'transformers.js_config': graphsInConfig('model.safetensors', { graphs, withoutHalf: null }),
  };
  const stored = { ...tinyEntry, source: { kind: 'stored', folder: 'tiny' } } as const;
  const of = (device: Parameters<typeof candidateGraphs>[3], precision?: 'float16') =>
    candidateGraphs(stored, config, { precision }, device);
  expect(of(processor)).toMatchObject([{ dtype: 'fp32', weights: whole }]);
  expect(of(adapter(false))).toMatchObject([{ dtype: 'fp32', weights: whole }]);
  expect(of(adapter(true))).toMatchObject([{ dtype: 'q4f16', weights: q4f16 }]);
  expect(of(adapter(true), 'float16')).toMatchObject([{ dtype: 'fp16', why: 'You chose it.' }]);
});

test('a model that an earlier version imported has single precision, and says what to do', () => {
  const config = { 'transformers.js_config': { dtype: 'fp32', weights: 'model.safetensors' } };
  const [graph] = candidateGraphs(tinyEntry, config, {}, adapter(true));
  expect(graph).toMatchObject({ dtype: 'fp32', weights: { 'model.safetensors': 'whole' } });
  expect(graph!.why).toMatch(/import it again/);
});
