/** @file The built app on a stick: a copy of its folder serves itself, and so does an unpacked class pack. */
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { BlobReader, Uint8ArrayWriter, ZipReader } from '@zip.js/zip.js/lib/zip-core-native.js';
import { expect, test } from 'vitest';
import { dist } from '../../scripts/build.ts';
import type { AppFile } from '../../src/lab/seal/app-file.ts';
import { writePack } from '../../src/lab/seal/page-pack.ts';

/** Serve a folder by the script in it, as long as `work` needs it. */
async function served(folder: string, work: (address: string) => Promise<void>): Promise<void> {
  const server = spawn(process.execPath, [join(folder, 'serve.mjs')], {
    cwd: tmpdir(),
    env: { ...process.env, CI: '1' }, // opens no browser
  });
  try {
    const said = await new Promise<string>((resolve, reject) => {
      server.stdout.on('data', (data) => resolve(String(data)));
      server.stderr.on('data', (data) => reject(new Error(String(data))));
    });
    await work(/http:\S+/.exec(said)![0]);
  } finally {
    server.kill();
    await rm(folder, { recursive: true });
  }
}
const sha256 = (content: Uint8Array | string) => createHash('sha256').update(content).digest('hex');

test('a copy of the built app is served, with the headers of the seal, by Node and the file in it', async () => {
  const stick = await mkdtemp(join(tmpdir(), 'glovebox stick '));
  for (const name of ['index.html', 'serve.mjs']) await cp(join(dist, name), join(stick, name));
  await served(stick, async (address) => {
    const page = await fetch(address);
    expect(page.headers.get('cross-origin-embedder-policy')).toBe('require-corp');
    expect(await page.text()).toContain('Glovebox');
  });
});

test('an unpacked class pack serves the app and the model in it, and its service worker knows the list', async () => {
  const script = await readFile(join(dist, 'service.worker.js'), 'utf8');
  const listed = (text: string) =>
    [...text.matchAll(/\{[^{}]*"url":"(?:index\.html|class\.json)"[^{}]*\}/g)].map(
      ([entry]) => JSON.parse(entry) as AppFile,
    );
  const model = new Uint8Array(randomBytes(300_000));
  const zip = await writePack({
    files: listed(script),
    list: { path: 'class.json', text: '{ "models": ["one"] }\n' },
    parts: [{ path: 'class/model-1.zip', bytes: model.length, content: async () => new Blob([model]) }],
    into: null,
    fetch: async (path) => new Response(await readFile(join(dist, path))),
    signal: new AbortController().signal,
    onProgress: () => {},
  });
  const stick = await mkdtemp(join(tmpdir(), 'glovebox pack '));
  for (const entry of await new ZipReader(new BlobReader(zip!)).getEntries()) {
    if (entry.directory) continue;
    const file = join(stick, entry.filename.replace(/^glovebox\//, ''));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, await entry.getData(new Uint8ArrayWriter()));
  }
  await served(stick, async (address) => {
    const get = async (path: string) => new Uint8Array(await (await fetch(address + path)).arrayBuffer());
    expect(sha256(await get(''))).toBe(sha256(await readFile(join(dist, 'index.html'))));
    expect(sha256(await get('class/model-1.zip'))).toBe(sha256(model));
    const files = listed(new TextDecoder().decode(await get('service.worker.js')));
    const list = await get('class.json');
    expect(files.find(({ url }) => url === 'class.json')?.sha256).toBe(sha256(list));
    expect(new TextDecoder().decode(list)).toContain('"one"');
  });
});
