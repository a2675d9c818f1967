import { describe, expect, test } from 'vitest';
import { user } from '../../../src/core/chat.ts';
import type { FileProgress } from '../../../src/models/files.ts';
import { loadTransformersModel } from '../../../src/models/runtimes/transformers/index.ts';
import { serve, tinyConfig, tinyEntry, tinyFolder, tinySite, type Files } from '../tiny-model.ts';

const files = tinyFolder();
const load = (
  folder: Files,
  options: { signal?: AbortSignal; onProgress?: (p: FileProgress) => void } = {},
) =>
  loadTransformersModel(tinyEntry, { device: 'wasm', baseUrl: tinySite, fetch: serve(folder), ...options });
const without = (name: string) => new Map([...files].filter(([file]) => file !== name));
const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

describe('a folder that cannot be loaded says why', () => {
  test.each(['config.json', 'tokenizer.json', 'tokenizer_config.json', 'onnx/model.onnx'])(
    '%s is missing',
    async (name) => {
      await expect(load(without(name))).rejects.toMatchObject({
        code: 'unknown-model',
        message: expect.stringContaining(name),
      });
    },
  );
  test('the graph is damaged; the next model still loads', async () => {
    const damaged = new Map(files).set('onnx/model.onnx', new Uint8Array([8, 10, 1, 2, 3]));
    await expect(load(damaged)).rejects.toMatchObject({ code: 'bad-model' });
    await expect(load(files)).resolves.toMatchObject({ id: 'tiny' });
  });
  test('there is no chat template', async () => {
    const bare = new Map(files).set(
      'tokenizer_config.json',
      json({ tokenizer_class: 'PreTrainedTokenizerFast' }),
    );
    await expect(load(bare)).rejects.toMatchObject({ code: 'bad-model' });
  });
  test('the architecture is unknown', async () => {
    const odd = new Map(files).set('config.json', json({ model_type: 'abacus', vocab_size: 262 }));
    await expect(load(odd)).rejects.toMatchObject({ code: 'bad-model' });
  });
  test('there is no WebGPU', async () => {
    const options = { device: 'webgpu', baseUrl: tinySite, fetch: serve(files) } as const;
    await expect(loadTransformersModel(tinyEntry, options)).rejects.toMatchObject({ code: 'no-webgpu' });
  });
  test('the load is cancelled', async () => {
    const controller = new AbortController();
    const onProgress = ({ file }: FileProgress) => file.endsWith('.onnx') && controller.abort();
    await expect(load(files, { signal: controller.signal, onProgress })).rejects.toMatchObject({
      name: 'AbortError',
    });
  });
});

describe('the files of a folder', () => {
  test('a chat template may be in a file of its own', async () => {
    const { chat_template: template, ...rest } = JSON.parse(
      new TextDecoder().decode(files.get('tokenizer_config.json')),
    ) as Record<string, string>;
    const split = new Map(files)
      .set('tokenizer_config.json', json(rest))
      .set('chat_template.jinja', new TextEncoder().encode(template));
    const prompt = (await load(split)).tokenizer.prompt([user('a')]);
    expect(prompt).toEqual((await load(files)).tokenizer.prompt([user('a')]));
  });
  test('generation_config.json may be missing', async () => {
    expect((await load(without('generation_config.json'))).tokenizer.endIds).toEqual(new Set([2]));
  });
  test('weights of another data type are found', async () => {
    const config = JSON.parse(new TextDecoder().decode(files.get('config.json'))) as Record<string, unknown>;
    delete config['transformers.js_config'];
    const stored = new Map(without('onnx/model.onnx'))
      .set('config.json', json(config))
      .set('onnx/model_quantized.onnx', files.get('onnx/model.onnx')!);
    expect(await load(stored)).toMatchObject({ contextWindow: tinyConfig.maxPositions });
  });
});

describe('logits that are stored with the model', () => {
  const ids = [1, 4, 100, 101, 2, 5];
  const stored = async () => {
    const session = await (await load(files)).open([ids]);
    return Array.from(session.logits(0));
  };
  const withStored = async (edit: (logits: number[]) => number[]) =>
    new Map(files).set('selftest.json', json({ ids, logits: edit(await stored()) }));

  test('match those of an undamaged model', async () => {
    await expect(load(await withStored((logits) => logits))).resolves.toMatchObject({ id: 'tiny' });
  });
  test('reveal weights of another model', async () => {
    const wrong = await withStored((logits) => logits.with(7, logits[7]! + 0.05));
    await expect(load(wrong)).rejects.toMatchObject({ code: 'bad-model' });
  });
});
