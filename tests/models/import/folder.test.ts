import { describe, expect, test } from 'vitest';
import { readFolder } from '../../../src/models/import/folder.ts';
import { writeSafetensors } from '../../../src/models/safetensors.ts';
import { tinyConfig, tinyTokenizer, tinyWeights } from '../tiny-model.ts';
import { toHubConfig } from '../../../src/models/llama.ts';
import { failureOf, jsonBlob, tinyHubFolder } from './brought.ts';

const without = (name: string) => {
  const files = tinyHubFolder();
  files.delete(name);
  return files;
};

test('a folder gives its configuration, tokenizer, licence and tensors', async () => {
  const files = tinyHubFolder('models/Tiny-1M/');
  files.set('models/Tiny-1M/README.md', new Blob(['---\nlanguage: en\nlicense: apache-2.0\n---\n# Tiny']));
  const checkpoint = await readFolder(files);
  expect(checkpoint).toMatchObject({ title: 'Tiny-1M', license: 'apache-2.0', tokenizer: tinyTokenizer });
  expect(checkpoint.config['vocab_size']).toBe(262);
  expect([...checkpoint.tensors.keys()].sort()).toEqual([...tinyWeights().keys()].sort());
  const name = 'model.layers.1.mlp.up_proj.weight';
  const tensor = checkpoint.tensors.get(name)!;
  expect(tensor).toMatchObject({ shape: [96, 32], type: 'F32', bytes: 96 * 32 * 4 });
  expect(await tensor.read()).toEqual(tinyWeights().get(name)!.data);
});

test('a template in a file of its own is part of the tokenizer', async () => {
  const files = tinyHubFolder();
  files.set('tokenizer_config.json', jsonBlob({ eos_token: '<|end|>' }));
  files.set('chat_template.jinja', new Blob(['{{ messages }}']));
  expect((await readFolder(files)).tokenizerConfig).toEqual({
    eos_token: '<|end|>',
    chat_template: '{{ messages }}',
  });
});

test('the newest of several templates wins, as in transformers', async () => {
  const files = tinyHubFolder();
  const templateOf = async () => (await readFolder(files)).tokenizerConfig['chat_template'];
  files.set('chat_template.json', jsonBlob({ chat_template: 'of the processor' }));
  expect(await templateOf()).toContain('bos_token');
  files.set('chat_template.jinja', new Blob(['of the file']));
  expect(await templateOf()).toBe('of the file');
  files.delete('chat_template.jinja');
  files.set('tokenizer_config.json', jsonBlob({}));
  expect(await templateOf()).toBe('of the processor');
});

test('weights in several files are one checkpoint', async () => {
  const all = [...tinyWeights()];
  const [first, second] = [all.slice(0, 9), all.slice(9)];
  const names = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'] as const;
  const files = without('model.safetensors');
  files.set(names[0], new Blob([writeSafetensors(new Map(first))]));
  const weight_map = Object.fromEntries([
    ...first.map(([name]) => [name, names[0]]),
    ...second.map(([name]) => [name, names[1]]),
  ]);
  files.set('model.safetensors.index.json', jsonBlob({ weight_map }));
  expect(await failureOf(readFolder(files))).toMatch(
    /1 of 2 weight files are missing: model-00002-of-00002\.safetensors/,
  );
  files.set(names[1], new Blob([writeSafetensors(new Map(second))]));
  expect((await readFolder(files)).tensors.size).toBe(all.length);
});

describe('a folder that cannot be read is refused with what it lacks', () => {
  test.each(['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors'])(
    '%s',
    async (name) => {
      expect(await failureOf(readFolder(without(name)))).toContain(`There is no ${name} among the files.`);
    },
  );

  test.each([
    ['pytorch_model.bin', /^not-supported: pytorch_model\.bin .* pickle.*safe_serialization=True/],
    ['consolidated.00.pth', /^not-supported: consolidated\.00\.pth .* pickle/],
    ['adapter_model.safetensors', /^not-supported: The folder holds an adapter/],
  ])('%s in place of weights', async (name, message) => {
    const files = without('model.safetensors').set(name, new Blob(['x']));
    expect(await failureOf(readFolder(files))).toMatch(message);
  });

  test('a tokenizer in SentencePiece form only', async () => {
    const files = without('tokenizer.json').set('tokenizer.model', new Blob(['x']));
    expect(await failureOf(readFolder(files))).toMatch(/tokenizer\.model only.*save it again/);
  });

  test('a configuration of gigabytes, unread', async () => {
    const files = tinyHubFolder();
    const large = new Blob(Array.from({ length: 256 }, () => new Uint8Array(2 ** 20)));
    files.set('config.json', large);
    const start = performance.now();
    expect(await failureOf(readFolder(files))).toMatch(/config\.json is larger than the limit of 128 MiB/);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

test('a tensor that shares the values of another is found under both names', async () => {
  const shared = new Map(tinyWeights());
  const embedding = shared.get('model.embed_tokens.weight')!;
  shared.delete('model.embed_tokens.weight');
  shared.set('lm_head.weight', embedding);
  const metadata = { format: 'pt', 'model.embed_tokens.weight': 'lm_head.weight' };
  const files = tinyHubFolder();
  files.set('config.json', jsonBlob({ ...toHubConfig(tinyConfig), tie_word_embeddings: false }));
  files.set('model.safetensors', new Blob([writeSafetensors(shared, { metadata })]));
  const { tensors } = await readFolder(files);
  expect(await tensors.get('model.embed_tokens.weight')!.read()).toEqual(embedding.data);
});
