/** The real package in a real browser, on software WebGPU, as far as it gets without a network. */
import { afterEach, describe, expect, test } from 'vitest';
import { LabError } from '../../../src/core/errors.ts';
import type { ModelEntry } from '../../../src/models/catalog.ts';
import { loadWebLlmModel, webllmEntries } from '../../../src/models/runtimes/webllm/index.ts';
import { byteTokenizer, chatConfig, entry } from './fake-browser.ts';

async function failureOf(loading: Promise<unknown>): Promise<LabError> {
  const error: unknown = await loading.then(
    () => expect.unreachable('it loaded'),
    (reason: unknown) => reason,
  );
  if (error instanceof LabError) return error;
  throw error;
}
const listed = async (modelId: string): Promise<ModelEntry> =>
  (await webllmEntries()).find(({ id }) => id === modelId)!;
const adapter = await navigator.gpu.requestAdapter();

afterEach(async () => {
  for (const scope of ['webllm/config', 'webllm/model', 'webllm/wasm']) await caches.delete(scope);
});

describe.skipIf(adapter === null)('loading through the real package', () => {
  test('says that a model does not exist', async () => {
    const source = { kind: 'url', base: 'models/no-such-model/' } as const;
    const failure = await failureOf(loadWebLlmModel({ ...entry, source }, { baseUrl: location.origin }));
    expect(failure).toMatchObject({
      code: 'unknown-model',
      message: expect.stringContaining('no-such-model/mlc-chat-config.json'),
      advice: expect.stringContaining('Check the name'),
    });
  });

  test.skipIf(adapter?.features.has('shader-f16'))('says that the GPU lacks a feature', async () => {
    const failure = await failureOf(loadWebLlmModel(await listed('Qwen2.5-0.5B-Instruct-q4f16_1-MLC')));
    expect(failure).toMatchObject({
      code: 'not-supported',
      message: expect.stringContaining('shader-f16'),
      advice: expect.stringContaining('Qwen2.5-0.5B-Instruct-q4f32_1-MLC'),
    });
  });

  test('says that only the service worker can ask a hub', async () => {
    const failure = await failureOf(loadWebLlmModel(await listed('SmolLM2-360M-Instruct-q4f32_1-MLC')));
    expect(failure).toMatchObject({
      code: 'not-supported',
      message: expect.stringContaining('mlc-chat-config.json'),
      advice: expect.stringContaining('service worker'),
    });
  });

  /** A folder whose library is no WebAssembly; all else is as it should be. */
  const folder = 'https://files.example/toy/';
  const files: Readonly<Record<string, BodyInit>> = {
    'mlc-chat-config.json': JSON.stringify(chatConfig),
    'tokenizer.json': JSON.stringify(byteTokenizer),
    'tensor-cache.json': JSON.stringify({ records: [{ dataPath: 'params_shard_0.bin', nbytes: 64 }] }),
    'params_shard_0.bin': new Uint8Array(64),
    'model-webgpu.wasm': 'This is no WebAssembly.',
  };
  const served = async (url: RequestInfo | URL) => {
    const name = String(url).replace(folder, '');
    return name in files ? new Response(files[name]!) : new Response(null, { status: 404 });
  };
  const source = { kind: 'url', base: folder } as const;

  test('passes the cached files to the package, and says that the library is invalid', async () => {
    const failure = await failureOf(loadWebLlmModel({ ...entry, source }, { fetch: served }));
    expect(failure).toMatchObject({ code: 'bad-model', message: expect.stringContaining('no WebAssembly') });
    expect(failure.cause).toBeInstanceOf(WebAssembly.CompileError);
  });

  test('keeps nothing of a truncated file', async () => {
    const cut = async (url: RequestInfo | URL) =>
      String(url).endsWith('.bin') ? new Response(new Uint8Array(10)) : served(url);
    const failure = await failureOf(loadWebLlmModel({ ...entry, source }, { fetch: cut }));
    expect(failure.message).toContain('10 bytes instead of 64');
    const requests = await (await caches.open('webllm/model')).keys();
    expect(requests.map(({ url }) => url)).toEqual([`${folder}tokenizer.json`, `${folder}tensor-cache.json`]);
  });

  test('gives the reason of the signal when it is cancelled during the download', async () => {
    const controller = new AbortController();
    const slow = async (url: RequestInfo | URL) => {
      if (!String(url).endsWith('.bin')) return served(url);
      const endless = new ReadableStream({ pull: (stream) => stream.enqueue(new Uint8Array(1)) });
      return new Response(endless);
    };
    const onProgress = ({ file }: { file: string }) => {
      if (file.endsWith('.bin')) controller.abort();
    };
    const loading = loadWebLlmModel(
      { ...entry, source },
      { fetch: slow, signal: controller.signal, onProgress },
    );
    await expect(loading).rejects.toMatchObject({ name: 'AbortError' });
  });
});

test.runIf(adapter === null)('says that there is no GPU', async () => {
  const failure = await failureOf(loadWebLlmModel(await listed('Qwen3-0.6B-q4f32_1-MLC')));
  expect(failure.code).toBe('no-webgpu');
});
