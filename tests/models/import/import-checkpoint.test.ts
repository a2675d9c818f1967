import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { user } from '../../../src/core/chat.ts';
import type { Checkpoint, CheckpointTensor } from '../../../src/models/import/checkpoint.ts';
import { readFolder } from '../../../src/models/import/folder.ts';
import { importCheckpoint } from '../../../src/models/import/import-checkpoint.ts';
import { keepFiles } from '../../../src/models/import/keep-files.ts';
import { parseManifest } from '../../../src/models/import/manifest.ts';
import type { ImportProgress } from '../../../src/models/import/progress.ts';
import {
  loadTransformersClassifier,
  loadTransformersModel,
} from '../../../src/models/runtimes/transformers/index.ts';
import { loadWhiteBoxModel } from '../../../src/models/runtimes/whitebox/index.ts';
import { readSafetensors, writeSafetensors } from '../../../src/models/safetensors.ts';
import { toHubConfig } from '../../../src/models/llama.ts';
import {
  serve,
  tinyConfig,
  tinyEntry,
  tinyFolder,
  tinyGuardFolder,
  tinySite,
  tinyWeights,
  type Files,
} from '../tiny-model.ts';
import { blobs, failureOf, tinyHubFolder } from './brought.ts';
import { memoryFolder } from './memory-folder.ts';

const now = () => new Date('2026-01-02T03:04:05Z');
const base = { id: 'tiny', origin: 'a test', now };
const tiny = () => readFolder(tinyHubFolder('Tiny/'));
const options = (files: Files) => ({ device: 'wasm', baseUrl: tinySite, fetch: serve(files) }) as const;

async function imported(checkpoint: Checkpoint, dtype: 'F16' | 'F32' = 'F16') {
  const folder = memoryFolder();
  const manifest = await importCheckpoint(checkpoint, folder, { ...base, dtype });
  return { folder, manifest };
}

/** The tiny model whose up projections hold `value` once. */
function withValue(value: number) {
  const weights = new Map(tinyWeights());
  const name = 'model.layers.1.mlp.up_proj.weight';
  const { shape, data } = weights.get(name)!;
  weights.set(name, { shape, data: data.with(7, value) });
  const files = tinyHubFolder();
  files.set('model.safetensors', new Blob([writeSafetensors(weights)]));
  return readFolder(files);
}

describe('an imported model', () => {
  test('is described by its manifest, with the hash of every file', async () => {
    const { folder, manifest } = await imported(await tiny());
    expect(folder.state).toBe('committed');
    expect(parseManifest(JSON.parse(new TextDecoder().decode(folder.files.get('model.json'))))).toEqual(
      manifest,
    );
    expect(manifest).toMatchObject({
      id: 'tiny',
      title: 'Tiny',
      task: 'text-generation',
      architecture: 'llama',
      importedAt: '2026-01-02T03:04:05.000Z',
      weights: { dtype: 'F16', from: ['F32'], widened: [] },
    });
    expect(manifest.files.map(({ path }) => path).sort()).toEqual(
      [...folder.files.keys()].filter((path) => path !== 'model.json').sort(),
    );
    for (const { path, bytes, sha256 } of manifest.files) {
      const content = folder.files.get(path)!;
      expect(bytes).toBe(content.byteLength);
      expect(sha256).toBe(createHash('sha256').update(content).digest('hex'));
    }
  });

  test('stores its weights once: matrices rounded to half precision, vectors as they are', async () => {
    const { folder } = await imported(await tiny());
    const { tensors } = readSafetensors(folder.files.get('model.safetensors')!);
    const { tensors: rounded } = readSafetensors(writeSafetensors(tinyWeights(), { dtype: 'F16' }));
    for (const [name, { shape, data }] of tinyWeights())
      expect(tensors.get(name)!.data).toEqual(shape.length < 2 ? data : rounded.get(name)!.data);
    expect(folder.files.get('onnx/model.onnx')!.byteLength).toBeLessThan(60_000);
  });

  test.each(['F16', 'F32'] as const)('answers alike in both runtimes from %s', async (dtype) => {
    const { folder } = await imported(await tiny(), dtype);
    const ids = { prompt: [1, 70, 80, 90], target: [100, 110, 120] };
    const grey = await loadTransformersModel(tinyEntry, options(folder.files));
    const white = await loadWhiteBoxModel(tinyEntry, options(folder.files));
    const [[fromGraph], [fromWeights]] = [await grey.logProbs([ids]), await white.logProbs([ids])];
    fromGraph!.forEach((value, i) => expect(value).toBeCloseTo(fromWeights![i]!, 4));
    if (dtype === 'F16') return;
    const before = await loadTransformersModel(tinyEntry, options(tinyFolder()));
    const [expected] = await before.logProbs([ids]);
    fromGraph!.forEach((value, i) => expect(value).toBeCloseTo(expected![i]!, 5));
  });

  test('may have a head of its own', async () => {
    const config = {
      ...tinyConfig,
      tieWordEmbeddings: false,
      attentionBias: 'qkv',
      modelType: 'qwen2',
    } as const;
    const files = blobs(tinyFolder(config));
    const { folder } = await imported(await readFolder(files), 'F32');
    const ids = { prompt: [1, 70, 80, 90], target: [100, 110, 120] };
    const after = await loadTransformersModel(tinyEntry, options(folder.files));
    const before = await loadTransformersModel(tinyEntry, options(tinyFolder(config)));
    const [[value], [expected]] = [await after.logProbs([ids]), await before.logProbs([ids])];
    value!.forEach((logProb, i) => expect(logProb).toBeCloseTo(expected![i]!, 5));
  });

  test('may be a classifier', async () => {
    const { folder, manifest } = await imported(await readFolder(blobs(tinyGuardFolder())), 'F32');
    expect(manifest).toMatchObject({ task: 'text-classification', labels: ['safe', 'odd', 'unsafe'] });
    const entry = { ...tinyEntry, task: 'text-classification' } as const;
    const after = await loadTransformersClassifier(entry, options(folder.files));
    const before = await loadTransformersClassifier(entry, options(tinyGuardFolder()));
    const [[value], [expected]] = [await after.classify(['a text']), await before.classify(['a text'])];
    value!.forEach((share, i) => expect(share).toBeCloseTo(expected![i]!, 5));
  });
});

describe('values that half precision cannot hold', () => {
  test('keep their matrix in float32, and the manifest says so', async () => {
    const { folder, manifest } = await imported(await withValue(70_000));
    const name = 'model.layers.1.mlp.up_proj.weight';
    expect(manifest.weights.widened).toEqual([name]);
    expect(readSafetensors(folder.files.get('model.safetensors')!).tensors.get(name)!.data[7]).toBe(70_000);
    const ids = { prompt: [1, 70, 80], target: [100] };
    const grey = await loadTransformersModel(tinyEntry, options(folder.files));
    const white = await loadWhiteBoxModel(tinyEntry, options(folder.files));
    expect((await grey.logProbs([ids]))[0]![0]).toBeCloseTo((await white.logProbs([ids]))[0]![0]!, 3);
  });

  test.each([NaN, Infinity])('but %d is refused, and nothing is stored', async (value) => {
    const folder = memoryFolder();
    const failure = await failureOf(importCheckpoint(await withValue(value), folder, base));
    expect(failure).toMatch(
      /Weight "model\.layers\.1\.mlp\.up_proj\.weight" holds values that are not finite/,
    );
    expect(folder).toMatchObject({ state: 'discarded', files: new Map() });
  });
});

describe('nothing is stored', () => {
  test('of an architecture that no runtime has, and no weight is read', async () => {
    const checkpoint = await tiny();
    let reads = 0;
    const tensors = new Map(
      [...checkpoint.tensors].map(([name, tensor]) => [
        name,
        { ...tensor, read: () => (reads++, tensor.read()) },
      ]),
    );
    const config = { ...toHubConfig(tinyConfig), model_type: 'mamba' };
    const folder = memoryFolder();
    const failure = await failureOf(importCheckpoint({ ...checkpoint, config, tensors }, folder, base));
    expect(failure).toMatch(/^not-supported.*mamba/);
    expect([reads, folder.state]).toEqual([0, 'discarded']);
  });

  test('of a model whose chat template cannot be read, and no weight is read', async () => {
    const checkpoint = await tiny();
    const tokenizerConfig = { ...checkpoint.tokenizerConfig, chat_template: '{% if %}' };
    const folder = memoryFolder();
    const read = () => Promise.reject(new Error('A weight was read.'));
    const tensors = new Map([...checkpoint.tensors].map(([name, tensor]) => [name, { ...tensor, read }]));
    const failure = importCheckpoint({ ...checkpoint, tokenizerConfig, tensors }, folder, base);
    expect(await failureOf(failure)).toMatch(/^bad-model.*chat template/);
    expect(folder).toMatchObject({ state: 'discarded', files: new Map() });
  });

  test('of a model whose tokenizer loses text, and no weight is read', async () => {
    const checkpoint = await tiny();
    const tokenizer = { ...checkpoint.tokenizer, decoder: { type: 'Fuse' } };
    const folder = memoryFolder();
    expect(await failureOf(importCheckpoint({ ...checkpoint, tokenizer }, folder, base))).toMatch(
      /^not-supported.*loses text/,
    );
    expect(folder).toMatchObject({ state: 'discarded', files: new Map() });
  });

  test('when the disk is full half way', async () => {
    const folder = memoryFolder(60_000);
    expect(await failureOf(importCheckpoint(await tiny(), folder, base))).toMatch(/^disk-full/);
    expect(folder).toMatchObject({ state: 'discarded', files: new Map() });
  });

  test('when it is cancelled, at any time', async () => {
    const checkpoint = await tiny();
    for (let after = 1; after < tinyWeights().size; after += 4) {
      const folder = memoryFolder();
      const controller = new AbortController();
      let calls = 0;
      const onProgress = () => void (++calls === after && controller.abort());
      const options = { ...base, onProgress, signal: controller.signal };
      await expect(importCheckpoint(checkpoint, folder, options)).rejects.toThrow(/abort/i);
      expect(folder.state).toBe('discarded');
    }
  });
});

describe('a manifest that could not be read back is not written', () => {
  const readBack = (folder: ReturnType<typeof memoryFolder>) =>
    parseManifest(JSON.parse(new TextDecoder().decode(folder.files.get('model.json'))));

  test('long licences, titles and origins are cut, once', async () => {
    const long = 'MIT \u0007'.repeat(100_000);
    const folder = memoryFolder();
    const checkpoint = { ...(await tiny()), license: long };
    await importCheckpoint(checkpoint, folder, { ...base, title: long, origin: long });
    const manifest = readBack(folder);
    expect(manifest.license).toMatch(/^MIT \\u0007MIT/);
    const again = memoryFolder();
    await importCheckpoint({ ...checkpoint, ...manifest }, again, { ...base, origin: manifest.origin });
    expect(readBack(again)).toMatchObject({ license: manifest.license, title: manifest.title });
  });

  test('a model that nothing names has its id as title', async () => {
    expect((await imported({ ...(await tiny()), title: '' })).manifest.title).toBe('tiny');
  });

  test('a repository of more files than it lists is refused before one is copied', async () => {
    const files = blobs(tinyFolder());
    for (let i = 0; i < 100; i++) files.set(`more-${i}.json`, new Blob(['{}']));
    const folder = memoryFolder(0);
    const options = { ...base, title: 'Tiny', task: 'text-generation' } as const;
    expect(await failureOf(keepFiles(files, folder, options))).toMatch(/^not-supported.*files/);
    expect(folder.state).toBe('discarded');
  });
});

test('progress counts the bytes of all weights that are used', async () => {
  const seen: ImportProgress[] = [];
  const checkpoint = await tiny();
  await importCheckpoint(checkpoint, memoryFolder(), { ...base, onProgress: (at) => void seen.push(at) });
  const total = [...checkpoint.tensors.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  expect(seen.at(-1)).toMatchObject({ loadedBytes: total, totalBytes: total, secondsLeft: 0 });
  expect(seen.map(({ loadedBytes }) => loadedBytes)).toEqual(
    seen.map(({ loadedBytes }) => loadedBytes).toSorted((a, b) => a - b),
  );
});

describe('a large matrix', () => {
  const large = async () => readFolder(blobs(tinyFolder({ ...tinyConfig, vocabSize: 40_000 })));
  /** Imports with every tensor replaced. */
  async function importedWith(change: (tensor: CheckpointTensor) => CheckpointTensor) {
    const checkpoint = await large();
    const tensors = new Map([...checkpoint.tensors].map(([name, tensor]) => [name, change(tensor)]));
    const folder = memoryFolder();
    await importCheckpoint({ ...checkpoint, tensors }, folder, { ...base, dtype: 'F32' });
    return folder;
  }

  test('is read and written in parts of at most 4 MiB', async () => {
    let [reads, largest] = [0, 0];
    const folder = await importedWith(({ read, pieces, ...facts }) => ({
      ...facts,
      read: () => (reads++, read()),
      async *pieces() {
        for await (const piece of pieces!()) {
          largest = Math.max(largest, piece.byteLength);
          yield piece;
        }
      },
    }));
    expect(folder.largestPart).toBeLessThanOrEqual(4 * 2 ** 20);
    expect(largest).toBeLessThanOrEqual(4 * 2 ** 20);
    expect(reads).toBe(0);
  });

  test('is the same in parts and as a whole, one at a time', async () => {
    let [held, most] = [0, 0];
    const whole = await importedWith(({ shape, bytes, type, read }) => ({
      ...{ shape, bytes, type },
      async read() {
        most = Math.max(most, ++held);
        const values = await read();
        queueMicrotask(() => held--);
        return values;
      },
    }));
    const parts = await importedWith((tensor) => tensor);
    const [a, b] = [parts, whole].map(({ files }) => files.get('model.safetensors')!);
    expect(Buffer.compare(a!, b!)).toBe(0);
    expect(most).toBe(1);
  });
});

describe('a model without a chat template', () => {
  const without = async (template: unknown) => {
    const checkpoint = await tiny();
    const { chat_template: _, ...config } = checkpoint.tokenizerConfig;
    return {
      ...checkpoint,
      tokenizerConfig: template === undefined ? config : { ...config, chat_template: template },
    };
  };

  test.each([undefined, null, '', ' \n'])(
    '(%j) continues plain text, and its manifest says so',
    async (template) => {
      const { folder, manifest } = await imported(await without(template));
      expect(manifest.template).toBe('plain');
      const model = await loadTransformersModel(tinyEntry, options(folder.files));
      expect(model.tokenizer.isPlain).toBe(true);
      expect(await model.generate([user('Hi')], { maxNewTokens: 2 })).toMatchObject({ plainText: true });
      expect((await imported(await tiny())).manifest).not.toHaveProperty('template');
    },
  );

  test('that names its templates otherwise is refused before any weight is read', async () => {
    const folder = memoryFolder();
    const failure = await failureOf(
      importCheckpoint(await without([{ name: 'rag', template: 'x' }]), folder, base),
    );
    expect(failure).toMatch(/^bad-model.*only "rag"/);
    expect(folder.state).toBe('discarded');
  });

  test('has none to miss if it is a classifier', async () => {
    const { manifest } = await imported(await readFolder(blobs(tinyGuardFolder())));
    expect(manifest).not.toHaveProperty('template');
  });
});
