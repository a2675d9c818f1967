import { createHash } from 'node:crypto';
import { BlobReader, TextWriter, ZipReader } from '@zip.js/zip.js/lib/zip-core-native.js';
import { expect, test } from 'vitest';
import type { AppFile } from '../../../src/lab/seal/app-file.ts';
import { withListed, writePack, type PackWish } from '../../../src/lab/seal/page-pack.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const empty = '{"models":[]}';
const app: Readonly<Record<string, string>> = {
  'index.html': '<html>lab',
  'assets/page.js': 'start()',
  'class.json': empty,
};
const files: readonly AppFile[] = Object.entries(app).map(([url, text]) => ({
  ...{ url, revision: 'r', bytes: text.length },
  sha256: sha256(text),
}));
const worker = `const list=${JSON.stringify(files)};start(list)`;
const site: Readonly<Record<string, string>> = {
  ...app,
  'service.worker.js': worker,
  'service.worker.mirror.js': 'importScripts()',
  'serve.mjs': 'serve()',
  _headers: '/*',
};
const list = { path: 'class.json', text: '{"models":["one"]}' };

const wish = (changes: Partial<PackWish> = {}): PackWish => ({
  ...{ files, list, parts: [], into: null },
  fetch: async (path) => new Response(site[path] ?? '', { status: path in site ? 200 : 404 }),
  signal: new AbortController().signal,
  onProgress: () => {},
  ...changes,
});
async function unpacked(zip: Blob): Promise<Readonly<Record<string, string>>> {
  const entries = await new ZipReader(new BlobReader(zip)).getEntries();
  const read = entries.map(async (entry) => {
    if (entry.directory) throw new Error('No folders are listed.');
    return [entry.filename, await entry.getData(new TextWriter())] as const;
  });
  return Object.fromEntries(await Promise.all(read));
}

test('a pack holds the app, what serves it, the models and the plans, byte for byte', async () => {
  const model = 'weights '.repeat(1000);
  const parts = [{ path: 'class/model-1.zip', bytes: model.length, content: async () => new Blob([model]) }];
  const heard: number[][] = [];
  const zip = await writePack(wish({ parts, onProgress: (...now) => heard.push(now) }));
  const found = await unpacked(zip!);
  const { 'service.worker.js': _, 'class.json': __, ...same } = site;
  for (const [path, text] of Object.entries(same)) expect(found[`glovebox/${path}`]).toBe(text);
  expect(found['glovebox/class/model-1.zip']).toBe(model);
  expect(found['glovebox/class.json']).toBe(list.text);
  expect(found['glovebox/start.txt']).toContain('node serve.mjs');
  const [done, total] = heard.at(-1)!;
  expect(done).toBe(total);
});

test('the service worker of the pack takes the list of the pack for its own', async () => {
  const script = (await unpacked((await writePack(wish()))!))['glovebox/service.worker.js']!;
  const listed = JSON.parse(/const list=(.*);start/.exec(script)![1]!) as AppFile[];
  expect(listed.slice(0, 2)).toEqual(files.slice(0, 2));
  expect(listed[2]).toMatchObject({ url: 'class.json', bytes: list.text.length, sha256: sha256(list.text) });
  expect(listed[2]!.revision).not.toBe('r');
});

test('a service worker without such a list is refused', async () => {
  await expect(withListed('start([])', 'class.json', '')).rejects.toMatchObject({ code: 'not-supported' });
});

test('a file that cannot be had ends the pack and names it, and what was written is given up', async () => {
  let given: unknown = null;
  const into = new WritableStream<Uint8Array>({ abort: (reason) => void (given = reason) });
  const { fetch } = wish();
  const without = wish({
    into,
    fetch: (path) => (path === 'assets/page.js' ? Promise.reject(new TypeError('offline')) : fetch(path)),
  });
  await expect(writePack(without)).rejects.toMatchObject({
    code: 'unreachable',
    message: expect.stringContaining('assets/page.js') as string,
  });
  expect(given).toMatchObject({ code: 'unreachable' });
});

test('a stopped pack ends with an abort', async () => {
  const controller = new AbortController();
  const parts = [
    { path: 'class/a.zip', bytes: 1, content: async () => (controller.abort(), new Blob(['a'])) },
    { path: 'class/b.zip', bytes: 1, content: () => Promise.reject(new Error('asked for after the stop')) },
  ];
  await expect(writePack(wish({ parts, signal: controller.signal }))).rejects.toMatchObject({
    name: 'AbortError',
  });
});

test('a stream to the disk gets the same zip', async () => {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  const into = new WritableStream<Uint8Array<ArrayBuffer>>({
    write: (chunk) => void chunks.push(chunk.slice()),
  });
  expect(await writePack(wish({ into }))).toBeNull();
  const found = await unpacked(new Blob(chunks));
  expect(found['glovebox/index.html']).toBe(app['index.html']);
});
