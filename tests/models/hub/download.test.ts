import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { faultHeader, type FileFault } from '../../../src/core/file-fault.ts';
import { fetchFromHub } from '../../../src/models/hub/download.ts';
import { partBytes, type HubFile } from '../../../src/models/hub/addresses.ts';

const folder = 'https://site.example/hub/huggingface.co/org/name/main/';
const big = new Uint8Array(3 * partBytes + 100).map((_, index) => index % 251);
const files: Readonly<Record<string, Uint8Array<ArrayBuffer>>> = {
  'onnx/model.onnx': big,
  'config.json': new TextEncoder().encode('{}'),
};
const listOf = (): HubFile[] =>
  Object.entries(files).map(([path, content]) => ({
    path,
    bytes: content.byteLength,
    hash: path.endsWith('.onnx')
      ? { algorithm: 'sha-256', hex: createHash('sha256').update(content).digest('hex') }
      : {
          algorithm: 'git-blob',
          hex: createHash('sha1').update(`blob ${content.byteLength}\0`).update(content).digest('hex'),
        },
  }));
const fault = (kind: FileFault, reason = '') =>
  new Response(reason, { status: 503, headers: { [faultHeader]: kind } });

/** The service worker's side. `answer` may take its place, by the number of the request for a part. */
function site(answer: (request: number) => Response | null = () => null) {
  const asked: string[] = [];
  let most = 0;
  let now = 0;
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const path = String(input).slice(folder.length);
    if (path === '') return Response.json(listOf());
    const range = new Headers(init?.headers).get('range');
    asked.push(`${init?.method ?? 'GET'} ${path}${range ? ` ${range}` : ''}`);
    const number = asked.length;
    if (init?.method === 'DELETE') return new Response(null, { status: 204 });
    most = Math.max(most, ++now);
    await new Promise((resolve) => setTimeout(resolve));
    now--;
    init?.signal?.throwIfAborted();
    const other = answer(number);
    if (other) return other;
    const [, first = 0, last = Infinity] = /(\d+)-(\d+)/.exec(range ?? '') ?? [];
    return new Response(files[path]!.slice(Number(first), Number(last) + 1));
  };
  return { asked, fetch, most: () => most };
}
const lengthOf = async (path: string, options: Parameters<typeof fetchFromHub>[1]) =>
  (await read(path, options)).byteLength;
const read = async (path: string, options: Parameters<typeof fetchFromHub>[1]) =>
  new Uint8Array(await (await fetchFromHub(folder + path, { waitsMs: [0, 1, 1], ...options })).arrayBuffer());

test('a large file comes in parts, a few at a time, and whole', async () => {
  const { fetch, asked, most } = site();
  expect(Buffer.compare(await read('onnx/model.onnx', { fetch }), big)).toBe(0);
  expect(asked).toHaveLength(4);
  expect(asked.at(-1)).toBe(`GET onnx/model.onnx bytes=${3 * partBytes}-${big.byteLength - 1}`);
  expect(most()).toBe(3);
});

test('a small file is asked for without a range', async () => {
  const { fetch, asked } = site();
  expect(new TextDecoder().decode(await read('config.json', { fetch }))).toBe('{}');
  expect(asked).toEqual(['GET config.json']);
});

test('the response says how long it is before it has come', async () => {
  const response = await fetchFromHub(`${folder}onnx/model.onnx`, site());
  expect(response.headers.get('content-length')).toBe(String(big.byteLength));
});

describe('a part that fails', () => {
  test('is asked for again, and only that part', async () => {
    const { fetch, asked } = site((request) => (request === 2 ? fault('hub-unreachable') : null));
    expect(Buffer.compare(await read('onnx/model.onnx', { fetch }), big)).toBe(0);
    expect(asked).toHaveLength(5);
    expect(new Set(asked).size).toBe(4);
  });
  test.each<[string, () => Response]>([
    ['a network error', () => Response.error()],
    ['a part cut short', () => new Response('short')],
    ['a status that is an error', () => new Response('', { status: 500 })],
  ])('is asked for again after %s', async (_, answer) => {
    const { fetch, asked } = site((request) => (request === 1 ? answer() : null));
    expect((await read('onnx/model.onnx', { fetch })).byteLength).toBe(big.byteLength);
    expect(asked).toHaveLength(5);
  });
  test('again and again ends the download, with the reason', async () => {
    const { fetch, asked } = site(() => fault('hub-unreachable', 'The hub answered 500.'));
    await expect(lengthOf('onnx/model.onnx', { fetch })).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('The hub answered 500.'),
      advice: expect.stringContaining('is kept'),
    });
    expect(asked).toHaveLength(3);
  });
  test.each(['airlock-closed', 'hub-refused'] as const)('with %s is not asked for again', async (kind) => {
    const { fetch, asked } = site(() => fault(kind, 'No.'));
    await expect(lengthOf('onnx/model.onnx', { fetch })).rejects.toMatchObject({ code: 'unreachable' });
    expect(asked).toHaveLength(1);
  });
});

test('a file with another hash is refused at its end, and its parts are dropped', async () => {
  const { fetch, asked } = site((request) =>
    request === 2 ? new Response(new Uint8Array(partBytes)) : null,
  );
  await expect(lengthOf('onnx/model.onnx', { fetch })).rejects.toMatchObject({
    code: 'bad-model',
    message: expect.stringContaining('arrived damaged'),
  });
  expect(asked.at(-1)).toBe('DELETE onnx/model.onnx');
});

test('a file that is not on the list is unknown', async () => {
  await expect(fetchFromHub(`${folder}other.json`, site())).rejects.toMatchObject({ code: 'unknown-model' });
});

test('with the airlock closed and nothing stored it says to open it', async () => {
  const fetch = async () => fault('airlock-closed', 'The airlock is closed.');
  await expect(fetchFromHub(`${folder}config.json`, { fetch })).rejects.toMatchObject({
    advice: expect.stringContaining('Open the airlock'),
  });
});

test('where no service worker answers it says so', async () => {
  const fetch = async () => new Response('<html>', { headers: { 'content-type': 'text/html' } });
  await expect(fetchFromHub(`${folder}config.json`, { fetch })).rejects.toMatchObject({
    code: 'not-supported',
  });
});

test('a cancelled download stops with the reason of its signal, also while it waits to try again', async () => {
  const controller = new AbortController();
  const { fetch } = site(() => {
    setTimeout(() => controller.abort(), 5);
    return fault('hub-unreachable');
  });
  const options = { fetch, signal: controller.signal, waitsMs: [0, 60_000] };
  await expect(lengthOf('onnx/model.onnx', options)).rejects.toMatchObject({ name: 'AbortError' });
});
