import { describe, expect, test } from 'vitest';
import { LabError } from '../../src/core/errors.ts';
import { readDescription } from '../../src/models/description.ts';
import { openFolder } from '../../src/models/files.ts';
import { checkWeights } from '../../src/models/llama-weights.ts';
import { labelsOf, parseLlamaConfig, toHubConfig } from '../../src/models/llama.ts';
import { openSafetensors, writeSafetensors } from '../../src/models/safetensors.ts';
import { loadTransformersModel } from '../../src/models/runtimes/transformers/index.ts';
import { readSizes } from '../../src/models/runtimes/transformers/sizes.ts';
import { loadWhiteBoxModel } from '../../src/models/runtimes/whitebox/index.ts';
import { serve, tinyConfig, tinyEntry, tinyFolder, tinySite, tinyWeights, type Files } from './tiny-model.ts';

const config = toHubConfig(tinyConfig);
const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const folderWith = (changes: Readonly<Record<string, Uint8Array<ArrayBuffer>>>): Files =>
  new Map([...tinyFolder(), ...Object.entries(changes)]);
const options = (files: Files) => ({ device: 'wasm', baseUrl: tinySite, fetch: serve(files) }) as const;

describe('sizes out of all proportion are refused before anything is made of that size', () => {
  test.each([
    'vocab_size',
    'hidden_size',
    'intermediate_size',
    'num_hidden_layers',
    'num_attention_heads',
    'num_key_value_heads',
    'head_dim',
    'max_position_embeddings',
  ])('%s', async (name) => {
    for (const value of [1e9, 1e308, 2 ** 53, -1, 1.5, '8']) {
      const start = performance.now();
      expect(() => parseLlamaConfig({ ...config, [name]: value })).toThrow(
        new RegExp(`config\\.json.*${name}`),
      );
      expect(performance.now() - start).toBeLessThan(1000);
    }
    const files = folderWith({ 'config.json': json({ ...config, [name]: 1e9 }) });
    await expect(loadWhiteBoxModel(tinyEntry, options(files))).rejects.toThrow(LabError);
  });

  test('under other names too, for engines that know them', async () => {
    const files = folderWith({ 'config.json': json({ ...config, text_config: { n_layer: 1e9 } }) });
    const description = readDescription(openFolder(tinyEntry.source, options(files)));
    await expect(description).rejects.toThrow(/text_config\.n_layer: 1000000000/);
    expect(() => readSizes({ vocab_size: 1e12 })).toThrow(/vocab_size/);
    expect(() => readSizes({})).toThrow(/vocab_size/);
    expect(readSizes({ vocab_size: 300, hidden_size: null })).toMatchObject({ vocabSize: 300 });
  });

  test('and so are labels that are no names', () => {
    expect(() => labelsOf({ id2label: { 0: 7 } })).toThrow(/id2label\.0/);
    expect(() => labelsOf({ id2label: 'x' })).toThrow(/id2label/);
    expect(labelsOf({})).toEqual(['LABEL_0', 'LABEL_1']);
  });
});

describe('weights', () => {
  test.each([NaN, Infinity, -Infinity])('that hold %d are refused, with the name of the tensor', (value) => {
    const weights = new Map(tinyWeights());
    const name = 'model.layers.1.mlp.up_proj.weight';
    const { shape, data } = weights.get(name)!;
    weights.set(name, { shape, data: data.with(7, value) });
    expect(() => checkWeights(tinyConfig, weights)).toThrow(
      `Weight "${name}" holds values that are not finite`,
    );
  });

  test('that make an ONNX graph give no numbers are refused', async () => {
    const weights = new Map(tinyWeights());
    const { shape, data } = weights.get('model.norm.weight')!;
    weights.set('model.norm.weight', { shape, data: data.with(0, NaN) });
    await expect(loadTransformersModel(tinyEntry, options(tinyFolder(tinyConfig, weights)))).rejects.toThrow(
      /not finite/,
    );
  });

  test('of other shapes than the configuration says are not read', async () => {
    const files = folderWith({ 'config.json': json({ ...config, intermediate_size: 999_999 }) });
    await expect(loadWhiteBoxModel(tinyEntry, options(files))).rejects.toThrow(
      /mlp\.gate_proj\.weight" has shape \[96, 32\], but config\.json asks for \[999999, 32\]/,
    );
  });

  test('that the model does not use may be of any type', async () => {
    const file = writeSafetensors(new Map([['a', { shape: [2], data: Float32Array.of(1, 2) }]]));
    const file32 = Buffer.from(Buffer.from(file).toString('latin1').replace('F32', 'U32'), 'latin1');
    const { entries, read } = await openSafetensors(new Blob([file32]));
    expect(entries.get('a')?.shape).toEqual([2]);
    await expect(read('a')).rejects.toThrow(/U32/);
  });

  test('listed under names that are no files are refused', async () => {
    for (const weight_map of [{ a: '../../secret' }, { a: 7 }, 'x', undefined]) {
      const files = folderWith({ 'model.safetensors.index.json': json({ weight_map }) });
      await expect(loadWhiteBoxModel(tinyEntry, options(files))).rejects.toThrow(/index\.json is not usable/);
    }
  });
});
