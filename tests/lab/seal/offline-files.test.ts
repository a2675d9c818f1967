import { describe, expect, test } from 'vitest';
import {
  createOfflineFiles,
  DamagedFile,
  phaseOf,
  WrongAnswer,
} from '../../../src/lab/seal/offline-files.ts';
import { appFile, fakeServer, memoryCaches } from './doubles.ts';

const scope = 'https://site.example/lab/';
const contentOf = (url: string) => `content of ${url}`;
const manifest = [
  ['index.html', '1'] as const,
  ['assets/index-abc.js', null] as const,
  ['engines/ort-wasm-simd-threaded-abc.wasm', null] as const,
  ['engines/ort-wasm-simd-threaded.asyncify-abc.wasm', null] as const,
  ['engines/web-llm-abc.js', null] as const,
  ['models/tiny/config.json', '2'] as const,
  ['results/attacks.json', '3'] as const,
].map(([url, revision]) => appFile(url, revision, contentOf(url)));
const everyFile = () => Object.fromEntries(manifest.map(({ url }) => [scope + url, contentOf(url)]));

function offlineFilesOf(list = manifest, caches = memoryCaches(), version = 'v1') {
  const server = fakeServer(everyFile());
  const offlineFiles = createOfflineFiles(list, {
    caches,
    scope,
    version,
    download: (url, cache) => server.fetch(url, { cache }),
  });
  /** Write over the stored copies of `url`, as a broken disk or a script would. */
  const garble = async (url: string) => {
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const { url: key } of await cache.keys())
        if (key.startsWith(scope + url)) await cache.put(key, new Response('garbled'));
    }
  };
  const textOf = async (url: string) => (await offlineFiles.serve(scope + url)).response.text();
  const askedFor = () => server.asked.map(({ url }) => url.slice(scope.length));
  return { offlineFiles, server, caches, garble, textOf, askedFor };
}
const html = '<!doctype html><title>Sign in to this network</title>';

test('installing stores the shell and nothing else', async () => {
  const { offlineFiles, askedFor } = offlineFilesOf();
  await offlineFiles.install();
  expect(askedFor()).toEqual(['index.html', 'assets/index-abc.js']);
});

test('a fill stores engines and models once, and WebGPU engines only for devices that have it', async () => {
  const { offlineFiles, askedFor } = offlineFilesOf();
  await offlineFiles.install();
  await offlineFiles.fill(false);
  await offlineFiles.fill(false);
  expect(askedFor()).toEqual([
    'index.html',
    'assets/index-abc.js',
    'engines/ort-wasm-simd-threaded-abc.wasm',
    'models/tiny/config.json',
    'results/attacks.json',
  ]);
  await offlineFiles.fill(true);
  expect(askedFor().slice(5)).toEqual(['engines/ort-wasm-simd-threaded.asyncify-abc.wasm']);
});

test('the engine for WebGPU is kept compressed, served whole, and its damage is found', async () => {
  const url = 'engines/ort-wasm-simd-threaded.asyncify-abc.wasm';
  const { offlineFiles, caches, server, garble, textOf } = offlineFilesOf();
  await offlineFiles.fill(true);
  const kept = await (await caches.open((await caches.keys())[0]!)).match(scope + url);
  expect(new Uint8Array(await kept!.arrayBuffer()).slice(0, 2)).toEqual(new Uint8Array([0x1f, 0x8b]));
  const { response, from } = await offlineFiles.serve(scope + url);
  expect([await response.text(), from]).toEqual([contentOf(url), 'device']);
  expect(response.headers.get('Content-Length')).toBe(String(contentOf(url).length));
  const asked = server.asked.length;
  await garble(url);
  expect(await textOf(url)).toBe(contentOf(url));
  expect(server.asked).toHaveLength(asked + 1);
});

test('an install that misses a file fails, so that the old version stays', async () => {
  const { offlineFiles } = offlineFilesOf([...manifest, appFile('assets/gone-abc.css', null, '')]);
  await expect(offlineFiles.install()).rejects.toThrow('assets/gone-abc.css answered 404');
});

test('a folder means its index, and query and fragment do not count', async () => {
  const { offlineFiles } = offlineFilesOf();
  await offlineFiles.install();
  const { response, from } = await offlineFiles.serve(`${scope}?cli#/matrix`);
  expect([await response.text(), from]).toEqual(['content of index.html', 'device']);
  expect(offlineFiles.has(`${scope}other.html`)).toBe(false);
});

test('a new version keeps unchanged files and drops the rest', async () => {
  const before = offlineFilesOf();
  await before.offlineFiles.install();
  await before.offlineFiles.fill(false);
  const newer = manifest
    .map((entry) => (entry.url === 'index.html' ? { ...entry, revision: '9' } : entry))
    .filter(({ url }) => !url.endsWith('config.json'));
  const after = offlineFilesOf(newer, before.caches);
  await after.offlineFiles.install();
  await after.offlineFiles.tidy();
  await after.offlineFiles.fill(false);
  expect(after.askedFor()).toEqual(['index.html']);
  expect((await before.offlineFiles.serve(`${scope}models/tiny/config.json`)).from).toBe('network');
});

test('files stored under other headers are not served again', async () => {
  const before = offlineFilesOf();
  await before.offlineFiles.install();
  const after = offlineFilesOf(manifest, before.caches, 'v2');
  await after.offlineFiles.install();
  await after.offlineFiles.tidy();
  expect(await before.caches.keys()).toEqual(['glovebox-shelf-v2']);
});

test('what a file is decides when it is stored', () => {
  expect(manifest.map(({ url }) => phaseOf(url))).toEqual([
    'shell',
    'shell',
    'fill',
    'webgpu',
    'first-use',
    'fill',
    'fill',
  ]);
  expect(phaseOf('adapters/keeper/adapter_model.safetensors')).toBe('fill');
});

describe('a wrong answer of the site', () => {
  const model = 'models/tiny/config.json';
  test('that comes once is asked for again, past the HTTP cache', async () => {
    const { offlineFiles, server, askedFor, textOf } = offlineFilesOf();
    server.files[scope + model] = [html, contentOf(model)];
    expect(await textOf(model)).toBe(contentOf(model));
    expect(askedFor()).toEqual([model, model]);
    expect(server.asked[1]?.init).toMatchObject({ cache: 'reload' });
    expect((await offlineFiles.serve(scope + model)).from).toBe('device');
  });

  test.each([
    ['a page', html],
    ['another file', '{}'],
    ['a file cut short', contentOf(model).slice(0, -1)],
    ['a file of the same length', contentOf(model).replace('c', 'k')],
    ['nothing', ''],
  ])('that stays (%s) is neither handed out nor stored', async (_, answer) => {
    const { server, textOf, offlineFiles } = offlineFilesOf();
    server.files[scope + model] = answer;
    await expect(textOf(model)).rejects.toThrow(WrongAnswer);
    await expect(offlineFiles.fill(false)).rejects.toThrow(`something else in place of ${model}`);
    server.files[scope + model] = contentOf(model);
    expect(await textOf(model)).toBe(contentOf(model));
  });

  test('stops an install, so that the old version stays', async () => {
    const { offlineFiles, server } = offlineFilesOf();
    server.files[`${scope}assets/index-abc.js`] = html;
    await expect(offlineFiles.install()).rejects.toThrow('in place of assets/index-abc.js');
  });
});

describe('a damaged copy on this device', () => {
  const model = 'models/tiny/config.json';
  test('is fetched again when it is needed', async () => {
    const { offlineFiles, garble, textOf } = offlineFilesOf();
    await offlineFiles.fill(false);
    await garble(model);
    expect(await textOf(model)).toBe(contentOf(model));
    expect((await offlineFiles.serve(scope + model)).from).toBe('device');
  });

  test('is never handed out, even with no network', async () => {
    const { offlineFiles, server, garble, textOf } = offlineFilesOf();
    await offlineFiles.fill(false);
    await garble(model);
    server.state.down = true;
    await expect(textOf(model)).rejects.toThrow(DamagedFile);
    server.state.down = false;
    expect(await textOf(model)).toBe(contentOf(model));
  });

  test('that was stored without a check is found by the next fill', async () => {
    const { offlineFiles, garble, askedFor, server } = offlineFilesOf();
    await offlineFiles.fill(false);
    await garble(model);
    server.asked.length = 0;
    await offlineFiles.fill(false);
    expect(askedFor()).toEqual([model]);
  });

  test('that is right after all is kept by the next fill, and not read again', async () => {
    const { offlineFiles, caches, server } = offlineFilesOf();
    await offlineFiles.fill(false);
    const cache = await caches.open('glovebox-shelf-v1');
    await cache.put(`${scope}${model}?revision=2`, new Response(contentOf(model)));
    server.asked.length = 0;
    await offlineFiles.fill(false);
    expect(server.asked).toEqual([]);
  });
});

describe('repair', () => {
  const always = () => true;
  test('finds every damaged and missing file, and tells what it fetched', async () => {
    const { offlineFiles, garble } = offlineFilesOf();
    await offlineFiles.install();
    await garble('index.html');
    expect(await offlineFiles.repair(0, always)).toEqual({
      next: manifest.length,
      total: manifest.length,
      replaced: ['index.html'],
      added: ['engines/ort-wasm-simd-threaded-abc.wasm', 'models/tiny/config.json', 'results/attacks.json'],
      failed: [],
    });
    expect(await offlineFiles.repair(0, always)).toMatchObject({ replaced: [], added: [] });
  });

  test('works file by file, so that no message takes long', async () => {
    const { offlineFiles } = offlineFilesOf();
    const first = await offlineFiles.repair(0, () => false);
    expect(first).toMatchObject({ next: 1, added: ['index.html'] });
    expect(await offlineFiles.repair(first.next, () => false)).toMatchObject({ next: 2 });
    expect(await offlineFiles.repair(manifest.length, always)).toMatchObject({ next: manifest.length });
  });

  test('with no network names the files that are wrong', async () => {
    const { offlineFiles, garble, server } = offlineFilesOf();
    await offlineFiles.fill(true);
    await garble('engines/ort');
    server.state.down = true;
    const { failed } = await offlineFiles.repair(0, always);
    expect(failed.map(({ file }) => file)).toEqual([
      'engines/ort-wasm-simd-threaded-abc.wasm',
      'engines/ort-wasm-simd-threaded.asyncify-abc.wasm',
    ]);
  });

  test('fills caches that were deleted', async () => {
    const { offlineFiles, caches, textOf } = offlineFilesOf();
    await offlineFiles.fill(false);
    await caches.delete('glovebox-shelf-v1');
    expect(await textOf('index.html')).toBe('content of index.html');
    await offlineFiles.repair(0, always);
    expect(await offlineFiles.count()).toEqual({ stored: 5, total: 5 });
  });
});

test('files that several ask for at once are fetched once', async () => {
  const { textOf, askedFor } = offlineFilesOf();
  await Promise.all([textOf('results/attacks.json'), textOf('results/attacks.json')]);
  expect(askedFor()).toEqual(['results/attacks.json']);
});

test('without a cache to store in, files still come from the site', async () => {
  const broken = () => Promise.reject(new DOMException('Storage is gone.', 'UnknownError'));
  const caches = { ...memoryCaches(), open: broken } as CacheStorage;
  const { textOf } = offlineFilesOf(manifest, caches);
  expect(await textOf('index.html')).toBe('content of index.html');
});
