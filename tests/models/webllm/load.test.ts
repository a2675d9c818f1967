import { describe, expect, test } from 'vitest';
import { LabError } from '../../../src/core/errors.ts';
import type { FileProgress } from '../../../src/models/files.ts';
import { loadWebLlmModel } from '../../../src/models/runtimes/webllm/index.ts';
import {
  chatConfig,
  entry,
  folder,
  gpuWith,
  library,
  modelId,
  record,
  fakeBrowser,
  type World,
} from './fake-browser.ts';
import { exitStatus, namedError, toyLogits, type FakeModel } from './fake-engine.ts';

async function failureOf(promise: Promise<unknown>): Promise<LabError> {
  const error: unknown = await promise.then(
    () => expect.unreachable('it loaded'),
    (reason: unknown) => reason,
  );
  if (error instanceof LabError) return error;
  throw error;
}
const load = (browser: World, options = {}) =>
  loadWebLlmModel(entry, { ...browser.options, ...options }, browser.apis);

describe('a load', () => {
  test('fetches every file once, the small ones first, and a second load fetches nothing', async () => {
    const browser = fakeBrowser();
    await load(browser);
    expect(browser.fetched.slice(0, 4)).toEqual([
      `${folder}mlc-chat-config.json`,
      `${folder}tokenizer.json`,
      `${folder}tensor-cache.json`,
      library,
    ]);
    expect(new Set(browser.fetched).size).toBe(browser.fetched.length);
    await load(browser);
    expect(browser.fetched).toHaveLength(7);
  });

  test('puts each file into the cache in which web-llm looks for it', async () => {
    const browser = fakeBrowser();
    await load(browser);
    const fileCounts = Object.fromEntries(
      [...browser.caches.scopes].map(([scope, files]) => [scope, files.size]),
    );
    expect(fileCounts).toEqual({ 'webllm/config': 1, 'webllm/model': 5, 'webllm/wasm': 1 });
  });

  test('reports bytes of each file up to its size', async () => {
    const seen = new Map<string, FileProgress>();
    await load(fakeBrowser(), { onProgress: (progress: FileProgress) => seen.set(progress.file, progress) });
    expect(seen.get('params_shard_3.bin')).toEqual({
      file: 'params_shard_3.bin',
      loadedBytes: 300,
      totalBytes: 300,
    });
  });

  test('takes the context window from the record, which overrides the folder', async () => {
    expect((await load(fakeBrowser())).contextWindow).toBe(128);
    expect((await load(fakeBrowser({}, { models: [{ ...record, overrides: {} }] }))).contextWindow).toBe(
      2048,
    );
  });

  test('uses a folder by URL unchanged, although web-llm would append a branch', async () => {
    const browser = fakeBrowser();
    const base = 'https://files.example/toy/';
    for (const [url, body] of [...browser.files])
      browser.files.set(url === library ? `${base}model-webgpu.wasm` : url.replace(folder, base), body);
    const byUrl = { ...entry, source: { kind: 'url', base } } as const;
    await loadWebLlmModel(byUrl, browser.options, browser.apis);
    expect(browser.fetched.every((url) => url.startsWith(base))).toBe(true);
  });

  test('pins the revision of a hub repository on the list', async () => {
    const browser = fakeBrowser();
    const revised = folder.replace('/main/', '/abc123/');
    for (const [url, body] of [...browser.files]) browser.files.set(url.replace(folder, revised), body);
    const source = { kind: 'hub', repo: 'mlc-ai/Toy-q4f32_1-MLC', revision: 'abc123' } as const;
    await loadWebLlmModel({ ...entry, source }, browser.options, browser.apis);
    expect(browser.fetched.filter((url) => url.startsWith(revised))).toHaveLength(6);
  });
});

describe('before the download it refuses', () => {
  const refusal = async (browser: World, options = {}) => {
    const { code, message, advice } = await failureOf(load(browser, options));
    expect(browser.fetched.filter((url) => url.endsWith('.bin'))).toEqual([]);
    return { code, text: `${message} ${advice}` };
  };

  test('a browser without WebGPU', async () => {
    expect(await refusal(fakeBrowser({}, { gpu: undefined }))).toMatchObject({ code: 'no-webgpu' });
  });
  test('a browser that offers no adapter', async () => {
    const gpu = { requestAdapter: async () => null };
    expect(await refusal(fakeBrowser({}, { gpu }))).toMatchObject({
      code: 'no-webgpu',
      text: expect.stringContaining('hardware acceleration'),
    });
  });
  test('the device "wasm"', async () => {
    expect(await refusal(fakeBrowser(), { device: 'wasm' })).toMatchObject({ code: 'no-webgpu' });
  });
  test('an f16 model on a GPU without shader-f16, although its record does not declare the need', async () => {
    const f16 = { ...record, model_lib: library.replace('f32', 'f16') };
    expect(await refusal(fakeBrowser({}, { models: [f16] }))).toMatchObject({
      code: 'not-supported',
      text: expect.stringContaining('shader-f16'),
    });
    const able = fakeBrowser({}, { models: [f16], gpu: gpuWith(['shader-f16']) });
    able.files.set(f16.model_lib, new Uint8Array(50));
    await load(able);
  });
  test('a folder whose config alone says that it is f16', async () => {
    const browser = fakeBrowser();
    browser.files.set(
      `${folder}mlc-chat-config.json`,
      JSON.stringify({ ...chatConfig, quantization: 'q4f16_1' }),
    );
    expect(await refusal(browser)).toMatchObject({ code: 'not-supported' });
  });
  test('a GPU with too small limits', async () => {
    const gpu = gpuWith([], { maxStorageBuffersPerShaderStage: 8 });
    expect(await refusal(fakeBrowser({}, { gpu }))).toMatchObject({
      code: 'not-supported',
      text: expect.stringContaining('maxStorageBuffersPerShaderStage of at least 10'),
    });
  });
  test('a download that will not fit, counting only what is missing', async () => {
    const tight = { estimate: async () => ({ quota: 1000, usage: 500 }) };
    expect(await refusal(fakeBrowser({}, { storage: tight }))).toMatchObject({ code: 'quota-exceeded' });
    const browser = fakeBrowser();
    await load(browser);
    await loadWebLlmModel(entry, browser.options, { ...browser.apis, storage: tight });
  });
  test('a model that web-llm does not list', async () => {
    expect(await refusal(fakeBrowser({}, { models: [] }))).toMatchObject({ code: 'unknown-model' });
  });
  test('a page that may not store files', async () => {
    expect(await refusal(fakeBrowser({}, { caches: undefined }))).toMatchObject({
      code: 'storage-unavailable',
    });
  });
});

describe('a download that fails', () => {
  test('names the missing file', async () => {
    const browser = fakeBrowser();
    browser.files.delete(`${folder}mlc-chat-config.json`);
    expect(await failureOf(load(browser))).toMatchObject({
      code: 'unknown-model',
      message: expect.stringContaining(`${folder}mlc-chat-config.json`),
    });
  });

  test('names the file that cannot be reached', async () => {
    const offline = { fetch: async () => Promise.reject(new TypeError('Failed to fetch')) };
    expect(await failureOf(load(fakeBrowser(), offline))).toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('mlc-chat-config.json'),
    });
  });

  test('does not keep a truncated file, and resumes with it', async () => {
    const browser = fakeBrowser();
    const shard = `${folder}params_shard_2.bin`;
    const whole = browser.files.get(shard)!;
    browser.files.set(shard, new Uint8Array(150));
    expect(await failureOf(load(browser))).toMatchObject({
      code: 'bad-model',
      message: expect.stringContaining('150 bytes instead of 200'),
    });
    browser.files.set(shard, whole);
    browser.fetched.length = 0;
    await load(browser);
    expect(browser.fetched).toEqual([shard]);
  });

  test('says what is wrong with a config, and does not keep it', async () => {
    const browser = fakeBrowser();
    browser.files.set(`${folder}mlc-chat-config.json`, '{"vocab_size": "many"}');
    const failure = await failureOf(load(browser));
    expect(failure).toMatchObject({ code: 'bad-model', message: expect.stringContaining('vocab_size') });
    expect(browser.caches.scopes.get('webllm/config')?.size).toBe(0);
  });

  test('stops at once when it is cancelled, with the reason of the signal', async () => {
    const browser = fakeBrowser();
    const controller = new AbortController();
    const options = { signal: controller.signal, onProgress: () => controller.abort() };
    await expect(load(browser, options)).rejects.toMatchObject({ name: 'AbortError' });
    expect(browser.engines).toHaveLength(0);
  });
});

describe('an engine that fails to load says why', () => {
  const cases: readonly [string, unknown, string, RegExp][] = [
    [
      'a GPU that is too small',
      namedError('DeviceLostError', 'The WebGPU device was lost'),
      'out-of-memory',
      /smaller/,
    ],
    ['a library of another version', namedError('LinkError', 'Import #0 "env"'), 'bad-model', /v0_2_86/],
    [
      'a library that is a 404 page',
      namedError('CompileError', 'expected 4 bytes'),
      'bad-model',
      /Delete the files/,
    ],
    ['weights of another model', exitStatus(), 'bad-model', /do not match/],
    ['a full disk', new DOMException('full', 'QuotaExceededError'), 'quota-exceeded', /disk space/],
    ['a damaged shard', new Error('Tensor-cache record range 9 exceeds shard size'), 'bad-model', /damaged/],
    ['an f16 kernel', namedError('GPUPipelineError', '[Invalid ShaderModule]'), 'not-supported', /q4f32/],
    ['a bare string', 'Engine.unload() is called.', 'aborted', /given up/],
  ];
  test.each(cases)('%s', async (_, thrown, code, words) => {
    const failure = await failureOf(load(fakeBrowser({ onReload: () => Promise.reject(thrown) })));
    expect(failure.code).toBe(code);
    expect(`${failure.message} ${failure.advice}`).toMatch(words);
    expect(failure.cause).toBe(thrown);
  });

  test('with what the runtime wrote to the console', async () => {
    const quiet = console.error;
    console.error = () => undefined;
    const onReload = () => {
      console.error('Cannot find parameter in cache: lm_head');
      throw exitStatus();
    };
    const failure = await failureOf(load(fakeBrowser({ onReload }))).finally(() => (console.error = quiet));
    expect(failure.message).toContain('Cannot find parameter in cache: lm_head');
  });

  test('and a bug stays a bug', async () => {
    const bug = new TypeError('x is undefined');
    await expect(load(fakeBrowser({ onReload: () => Promise.reject(bug) }))).rejects.toBe(bug);
  });
});

describe('a load that only seems to succeed is refused', () => {
  const refused = (model: Partial<FakeModel>) => failureOf(load(fakeBrowser(model)));

  test('when the device went away meanwhile and nothing is loaded', async () => {
    const failure = await refused({ onReload: (engine) => engine.unload() });
    expect(failure).toMatchObject({ code: 'out-of-memory', advice: expect.stringContaining('smaller') });
  });
  test('when the logits are not finite', async () => {
    const logits = () => new Float32Array(264).fill(NaN);
    expect(await refused({ logits })).toMatchObject({
      code: 'bad-model',
      message: expect.stringContaining('finite'),
    });
  });
  test('when every token is equally likely', async () => {
    expect(await refused({ logits: () => new Float32Array(264) })).toMatchObject({ code: 'bad-model' });
  });
  test('when there are not as many logits as tokens', async () => {
    const failure = await refused({ logits: (ids) => toyLogits(ids, 300) });
    expect(failure.message).toContain('300 logits where its config says 264');
  });
  test('when it is cancelled too late: at once, saying that the worker must be ended', async () => {
    const controller = new AbortController();
    let finish = () => {};
    const browser = fakeBrowser({
      onReload: () => {
        controller.abort();
        return new Promise<void>((resolve) => (finish = resolve));
      },
    });
    const failure = await failureOf(load(browser, { signal: controller.signal }));
    expect(failure).toMatchObject({ code: 'aborted', advice: expect.stringContaining('End this worker') });
    // What the engine loads in spite of it is unloaded again.
    finish();
    await expect.poll(() => browser.engines[0]!.loadedModelIdToPipeline.has(modelId)).toBe(false);
    expect(browser.engines[0]!.calls.at(-1)).toMatchObject({ method: 'unload' });
  });
});
