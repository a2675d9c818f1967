import { describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../../src/models/import/open-checkpoint.ts';
import { tinyWeights } from '../tiny-model.ts';
import { failureOf, tinyHubFolder, zipOf } from './brought.ts';

const one = (name: string, ...parts: BlobPart[]) => openCheckpoint(new Map([[name, new Blob(parts)]]));

describe('a zip file of a folder', () => {
  test.each([0, 6])('at compression level %d gives what the folder gives', async (level) => {
    const zip = await zipOf(tinyHubFolder('Tiny/'), level);
    const checkpoint = await openCheckpoint(new Map([['download.zip', zip]]));
    expect(checkpoint.title).toBe('Tiny');
    const name = 'model.layers.0.self_attn.q_proj.weight';
    expect(await checkpoint.tensors.get(name)!.read()).toEqual(tinyWeights().get(name)!.data);
  });

  test('is recognised by its content, and named after its file where nothing else names it', async () => {
    const zip = await zipOf(tinyHubFolder(), 0);
    expect((await openCheckpoint(new Map([['tiny.zip', zip]]))).title).toBe('tiny');
  });

  test.each(['../config.json', '/etc/config.json', 'a/../../config.json', 'C:\\config.json'])(
    'with the path %s is refused',
    async (path) => {
      const zip = await zipOf(new Map([[path, new Blob(['{}'])]]), 0);
      expect(await failureOf(one('a.zip', zip))).toMatch(/^bad-input: The path ".*" leads out of its folder/);
    },
  );

  test('that would unpack to far more than it is, is refused before it is unpacked', async () => {
    const files = tinyHubFolder().set('model.safetensors', new Blob([new Uint8Array(8 * 2 ** 20)]));
    const zip = await zipOf(files, 6);
    const start = performance.now();
    expect(await failureOf(one('a.zip', zip))).toMatch(/would unpack \d+ bytes to 8388608, as no model does/);
    expect(performance.now() - start).toBeLessThan(1000);
  });

  test('that states a smaller size than it unpacks to is refused', async () => {
    const files = new Map([['config.json', new Blob([' '.repeat(5000)])]]);
    const bytes = new Uint8Array(await (await zipOf(files, 6)).arrayBuffer());
    const view = new DataView(bytes.buffer);
    for (let at = 0; at + 4 <= bytes.length; at++)
      if (view.getUint32(at, true) === 5000) view.setUint32(at, 50, true);
    expect(await failureOf(one('a.zip', bytes))).toMatch(/^bad-input: This zip file is not usable/);
  });

  test('that is cut or garbled is refused within a second', async () => {
    const bytes = new Uint8Array(await (await zipOf(tinyHubFolder(), 6)).arrayBuffer());
    for (const share of [0.1, 0.5, 0.99]) {
      const start = performance.now();
      const cut = bytes.slice(0, Math.floor(bytes.length * share));
      expect(await failureOf(one('a.zip', cut))).toMatch(/^bad-input: This zip file is not usable/);
      expect(performance.now() - start).toBeLessThan(1000);
    }
    const flipped = bytes.with(bytes.length >> 1, bytes[bytes.length >> 1]! ^ 0xff);
    expect(await failureOf(one('a.zip', flipped))).toMatch(/^bad-input: This zip file is not usable/);
  });
});

describe('what is no model is refused by what it is', () => {
  test.each<[string, BlobPart, RegExp]>([
    ['model.pt', new Uint8Array([0x80, 2, 0x8a, 10]), /^not-supported: model\.pt .* pickle/],
    ['empty.gguf', '', /^bad-input: empty\.gguf is empty/],
    ['photo.gguf', 'JFIF....', /^bad-input: photo\.gguf is no model file/],
    [
      'model.safetensors',
      '12345678',
      /^bad-input: model\.safetensors holds weights without the configuration/,
    ],
    ['model.onnx', '12345678', /^not-supported: model\.onnx is an ONNX graph/],
  ])('%s', async (name, content, message) => {
    expect(await failureOf(one(name, content))).toMatch(message);
  });

  test('a PyTorch file, which is a zip around a pickle', async () => {
    const zip = await zipOf(new Map([['archive/data.pkl', new Blob(['x'])]]), 0);
    expect(await failureOf(one('pytorch_model.bin', zip))).toMatch(/pytorch_model\.bin .* pickle/);
  });

  test('nothing at all', async () => {
    expect(await failureOf(openCheckpoint(new Map()))).toMatch(/There are no files/);
  });
});
