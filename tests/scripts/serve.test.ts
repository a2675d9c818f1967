import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serve, type LocalServer } from '../../scripts/serve.ts';
import { sealHeaders } from '../../src/lab/seal/policy.ts';

let folder: string;
let server: LocalServer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'glovebox-serve-'));
  const site = join(folder, 'site');
  await mkdir(join(site, 'assets'), { recursive: true });
  await writeFile(join(folder, 'secret.txt'), 'secret');
  await writeFile(join(site, 'index.html'), '<p>home</p>');
  await writeFile(join(site, 'assets', 'engine.wasm'), 'wasm');
  await symlink(join(folder, 'secret.txt'), join(site, 'link.txt'));
  await mkdir(join(folder, 'elsewhere'));
  await writeFile(join(folder, 'elsewhere', 'config.json'), '{}');
  const mounts = new Map([['imported/a@b/', join(folder, 'elsewhere')]]);
  server = await serve({ folder: site, mounts, port: 0, headers: true });
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** Sends the path unchanged, where `fetch` would normalize it. */
const get = (path: string, method = 'GET') =>
  new Promise<Answer>((resolve, reject) => {
    const { port } = new URL(server.url);
    const outgoing = request({ host: '127.0.0.1', port, path, method }, (response) => {
      let body = '';
      response.on('data', (data) => (body += String(data)));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
    });
    outgoing.on('error', reject).end();
  });

test('a folder answers with its index, a file with its type, and both with the headers of the seal', async () => {
  expect(await get('/?query#hash')).toMatchObject({ status: 200, body: '<p>home</p>' });
  const { headers } = await get('/assets/engine.wasm');
  expect(headers['content-type']).toBe('application/wasm');
  for (const [name, value] of Object.entries(sealHeaders)) expect(headers[name.toLowerCase()]).toBe(value);
});

test('a mounted folder answers below its path, with the same headers', async () => {
  const { status, headers, body } = await get('/imported/a@b/config.json');
  expect([status, body]).toEqual([200, '{}']);
  for (const [name, value] of Object.entries(sealHeaders)) expect(headers[name.toLowerCase()]).toBe(value);
});

test.each([
  '/imported/a@b/../../secret.txt',
  '/imported/a@b/..%2f..%2fsecret.txt',
  '/imported/a@b',
  '/imported/',
  '/../secret.txt',
  '/..%2fsecret.txt',
  '/%2e%2e/secret.txt',
  '/assets/../../secret.txt',
  '//secret.txt',
  '//secret.txt/',
  '/link.txt',
  '/%00',
  '/%E0%A4%A',
  '/missing',
  '/assets',
])('%s is a 404', async (path) => {
  expect((await get(path)).status).toBe(404);
});

test('a path of slashes alone is the home page and does not crash the server', async () => {
  expect((await get('//')).status).toBe(200);
});

test('only GET and HEAD are answered, HEAD without a body', async () => {
  expect((await get('/', 'POST')).status).toBe(405);
  expect(await get('/', 'HEAD')).toMatchObject({ status: 200, body: '' });
});

test('without headers it sends no policy, like plain hosting', async () => {
  const plain = await serve({ folder: join(folder, 'site'), port: 0, headers: false });
  const { headers } = await fetch(plain.url);
  expect(headers.get('content-security-policy')).toBeNull();
  expect(headers.get('cross-origin-embedder-policy')).toBeNull();
  await plain.close();
});
