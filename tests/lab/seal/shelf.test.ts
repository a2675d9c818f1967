import { expect, test } from 'vitest';
import { createShelf, phaseOf } from '../../../src/lab/seal/shelf.ts';
import { fakeServer, memoryCaches } from './doubles.ts';

const scope = 'https://site.example/lab/';
const manifest = [
  { url: 'index.html', revision: '1' },
  { url: 'assets/index-abc.js', revision: null },
  { url: 'engines/ort-wasm-simd-threaded-abc.wasm', revision: null },
  { url: 'engines/ort-wasm-simd-threaded.asyncify-abc.wasm', revision: null },
  { url: 'engines/web-llm-abc.js', revision: null },
  { url: 'models/tiny/config.json', revision: '2' },
  { url: 'results/attacks.json', revision: '3' },
];
const files = Object.fromEntries(manifest.map(({ url }) => [scope + url, `content of ${url}`]));

function shelfOf(list = manifest, caches = memoryCaches(), version = 'v1') {
  const server = fakeServer(files);
  const shelf = createShelf(list, { caches, scope, version, download: server.fetch });
  return { shelf, server, caches, askedFor: () => server.asked.map(({ url }) => url.slice(scope.length)) };
}

test('installing stores the shell and nothing else', async () => {
  const { shelf, askedFor } = shelfOf();
  await shelf.install();
  expect(askedFor()).toEqual(['index.html', 'assets/index-abc.js']);
});

test('a fill stores engines and models once, and WebGPU engines only for devices that have it', async () => {
  const { shelf, askedFor } = shelfOf();
  await shelf.install();
  await shelf.fill(false);
  await shelf.fill(false);
  expect(askedFor()).toEqual([
    'index.html',
    'assets/index-abc.js',
    'engines/ort-wasm-simd-threaded-abc.wasm',
    'models/tiny/config.json',
    'results/attacks.json',
  ]);
  await shelf.fill(true);
  expect(askedFor().slice(5)).toEqual(['engines/ort-wasm-simd-threaded.asyncify-abc.wasm']);
});

test('an install that misses a file fails, so that the old version stays', async () => {
  const { shelf } = shelfOf([...manifest, { url: 'assets/gone-abc.css', revision: null }]);
  await expect(shelf.install()).rejects.toThrow('assets/gone-abc.css answered 404');
});

test('a folder means its index, and query and fragment do not count', async () => {
  const { shelf } = shelfOf();
  await shelf.install();
  expect(await (await shelf.match(`${scope}?cli#/matrix`))?.text()).toBe('content of index.html');
  expect(shelf.has(`${scope}other.html`)).toBe(false);
});

test('a new version keeps unchanged files and drops the rest', async () => {
  const before = shelfOf();
  await before.shelf.install();
  await before.shelf.fill(false);
  const newer = manifest
    .map((entry) => (entry.url === 'index.html' ? { ...entry, revision: '9' } : entry))
    .filter(({ url }) => !url.endsWith('config.json'));
  const after = shelfOf(newer, before.caches);
  await after.shelf.install();
  await after.shelf.tidy();
  await after.shelf.fill(false);
  expect(after.askedFor()).toEqual(['index.html']);
  expect(await before.shelf.match(`${scope}models/tiny/config.json`)).toBeUndefined();
});

test('files stored under other headers are not served again', async () => {
  const before = shelfOf();
  await before.shelf.install();
  const after = shelfOf(manifest, before.caches, 'v2');
  await after.shelf.install();
  await after.shelf.tidy();
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
});
