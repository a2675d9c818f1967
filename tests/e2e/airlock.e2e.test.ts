/** The airlock with a hub that stands on this computer: what passes, what does not, and what the ledger says of it. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { dist } from '../../scripts/build.ts';
import { hubFolder, partBytes } from '../../src/models/hub/addresses.ts';
import { askSeal, openSite, visit, waitForControl, type Site, type Visit } from './site.ts';
import { commit, filesHost, mirrorHost, openStubHub, type StubHub } from './stub-hub.ts';

let hub: StubHub;
let site: Site;
let open: Visit;
beforeAll(async () => {
  hub = await openStubHub();
  site = await openSite({ headers: true, args: hub.chromiumArgs });
});
afterAll(async () => {
  await site.close();
  await hub.close();
});
beforeEach(async () => {
  hub.repositories.clear();
  hub.requests.length = 0;
  hub.interfere = null;
  open = await visit(site.browser);
  await open.page.goto(`${site.server.url}#/models`);
  await waitForControl(open.page);
});
afterEach(() => open.context.close());

const repository = (repo: string) => ({ host: 'huggingface.co', repo, revision: 'main' }) as const;
const folderOf = (repo: string) => hubFolder(repository(repo));

/** Bytes that no compression and no chance makes equal to others. */
function bytesOf(length: number, seed = 1): Uint8Array {
  const content = new Uint8Array(length);
  let state = seed;
  for (let i = 0; i < length; i++) content[i] = state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
  return content;
}
const putRepository = (repo: string, files: Readonly<Record<string, Uint8Array>>) =>
  hub.repositories.set(repo, new Map(Object.entries(files)));

/** @returns what closes it again */
async function openAirlock(page: Page, repo: string, paths: readonly string[]): Promise<string> {
  await askSeal(page, { type: 'hub-lists', repositories: [repository(repo)] });
  const files = [{ folder: folderOf(repo), commit, paths }];
  const { token } = await askSeal(page, { type: 'airlock-open', model: repo, files });
  expect(token).toMatch(/^[\da-f-]{36}$/);
  return token;
}
/** Status and length of an answer, or the error. */
const get = (page: Page, url: string, init: { method?: string; headers?: Record<string, string> } = {}) =>
  page.evaluate(
    ([address, options]) =>
      fetch(address, options).then(
        async (response) => [response.status, (await response.arrayBuffer()).byteLength],
        String,
      ),
    [url, init] as const,
  );
/** Requests and failures by host, as the hub and as the ledger saw them. */
const seen = () => {
  const counts: Record<string, number> = {};
  for (const { host } of hub.requests) counts[host] = (counts[host] ?? 0) + 1;
  return counts;
};
async function ledgered(page: Page) {
  const { entries } = await askSeal(page, { type: 'ledger' });
  const outside = entries.filter(
    ({ host, reason }) => !host.startsWith('localhost') && !reason.startsWith('refused'),
  );
  const counts: Record<string, number> = {};
  for (const { host, requests } of outside) counts[host] = (counts[host] ?? 0) + requests;
  return { counts, failures: outside.reduce((sum, { failures }) => sum + failures, 0), entries };
}

async function putTinytown(repo: string) {
  const folder = join(dist, 'models/tinytown-chat');
  const names = await readdir(folder, { recursive: true });
  const files = await Promise.all(
    names
      .filter((name) => name.includes('.'))
      .map(async (name) => [name, new Uint8Array(await readFile(join(folder, name)))] as const),
  );
  putRepository(repo, Object.fromEntries(files));
}
const cardOf = (page: Page, name: string) => page.getByRole('article', { name, exact: true });
const inMemory = (page: Page, name: string) =>
  cardOf(page, name).getByText('in memory').waitFor({ timeout: 60_000 });
/** Files in the origin private file system, and in the caches of downloads. */
const kept = (page: Page) =>
  page.evaluate(async () => {
    const names: string[] = [];
    const walk = async (folder: FileSystemDirectoryHandle, prefix: string) => {
      const entries = (
        folder as unknown as { entries(): AsyncIterable<[string, FileSystemHandle]> }
      ).entries();
      for await (const [name, handle] of entries)
        if (handle.kind === 'file') names.push(prefix + name);
        else await walk(handle as FileSystemDirectoryHandle, `${prefix}${name}/`);
    };
    await walk(await navigator.storage.getDirectory(), '');
    const parts = await (await caches.open('glovebox-models')).keys();
    return {
      weights: names.filter((name) => name.endsWith('.safetensors')),
      parts: parts.length,
    };
  });

test('a model comes in from the page: ask, look, open, store, load; a reload finds it, by its repository too', async () => {
  await putTinytown('org/tiny');
  const { page } = open;
  await page.getByLabel('Another model').fill('org/tiny');
  await page.getByRole('button', { name: 'Add and load' }).click();
  expect(hub.requests).toEqual([]);
  await page.getByRole('button', { name: 'Ask for the list of files' }).click();
  await page.getByText('model.safetensors').first().waitFor();
  expect(hub.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
    'GET /api/models/org/tiny/revision/main?blobs=true',
    `GET /org/tiny/resolve/${commit}/config.json`,
  ]);
  await page.getByRole('button', { name: 'Open for this model' }).click();
  await inMemory(page, 'tiny');
  expect((await askSeal(page, { type: 'status' })).sealed).toBe(true);
  expect((await ledgered(page)).counts).toEqual(seen());
  const { weights, parts } = await kept(page);
  // Graphs beside it refer to it.
  expect(weights).toEqual([expect.stringMatching(/^models\/tiny@[0-9a-f]{12}\/model\.safetensors$/)]);
  expect(parts).toBe(0);

  const before = hub.requests.length;
  await page.reload();
  await waitForControl(page);
  await cardOf(page, 'tiny').waitFor();
  await page.getByLabel('Another model').fill('org/tiny');
  await page.getByRole('button', { name: 'Add and load' }).click();
  await inMemory(page, 'tiny');
  expect(hub.requests.length).toBe(before);
});

test('a mirror is asked in place of the hub, and its address is in the ledger', async () => {
  await putTinytown('org/mirrored');
  const { page } = open;
  const script = () => page.evaluate(() => navigator.serviceWorker.controller?.scriptURL.split('/').at(-1));
  await page.getByText('Ask a mirror in place of the hub').click();
  await page.getByLabel('Address of the mirror').fill('http://mirror.example');
  await page.getByRole('button', { name: 'Use this mirror' }).click();
  await page.getByText('it must begin with https://').waitFor();
  await page.getByLabel('Address of the mirror').fill(`https://${mirrorHost}/`);
  await page.getByRole('button', { name: 'Use this mirror' }).click();
  await page.getByText(`Mirror of the hub: https://${mirrorHost}`).waitFor();
  await waitForControl(page);
  expect(await script()).toBe('service.worker.mirror.js');
  await page.getByLabel('Another model').fill('org/mirrored');
  await page.getByRole('button', { name: 'Add and load' }).click();
  await page.getByText(`https://${mirrorHost} (mirror of huggingface.co)`).waitFor();
  await page.getByRole('button', { name: 'Ask for the list of files' }).click();
  await page.getByRole('button', { name: 'Open for this model' }).click();
  await inMemory(page, 'mirrored');
  expect(Object.keys(seen()).toSorted()).toEqual([filesHost, mirrorHost].toSorted());
  const { counts, entries } = await ledgered(page);
  expect(counts).toMatchObject(seen());
  expect(entries.find(({ reason }) => reason === 'set as mirror of the hub')).toMatchObject({
    host: mirrorHost,
  });

  await page.getByRole('button', { name: 'Ask the hub itself' }).click();
  await page.getByText('Ask a mirror in place of the hub').waitFor();
  await expect.poll(script).toBe('service.worker.js');
});

describe('a large model', () => {
  const repo = 'org/large';
  const loaded = (page: Page) => cardOf(page, 'large').getByText('in memory');
  /** When each answer with a part began and ended, ms. */
  let answers: { readonly began: number; ended: number }[];

  /** A field that readers of the format skip, so that the graph fills several parts. */
  const padded = (graph: Uint8Array, bytes: number): Uint8Array => {
    const length = Uint8Array.of(
      ...[0, 7, 14, 21].map((shift) => ((bytes >> shift) & 127) | (shift < 21 ? 128 : 0)),
    );
    return Buffer.concat([graph, Uint8Array.of(0xc2, 0x3e), length, bytesOf(bytes)]);
  };
  beforeEach(async () => {
    answers = [];
    const folder = join(dist, 'models/tinytown-chat');
    const names = (await readdir(folder, { recursive: true })).filter((name) => /\.json$|\.onnx$/.test(name));
    const files = await Promise.all(
      names.map(async (name) => [name, new Uint8Array(await readFile(join(folder, name)))] as const),
    );
    const whole = Object.fromEntries(files);
    putRepository(repo, { ...whole, 'onnx/model.onnx': padded(whole['onnx/model.onnx']!, 4 * partBytes) });
  });
  /** Answers with a part in pieces, each after a pause. */
  const slowly = (pauseMs: number) => {
    hub.interfere = async ({ host, range, url }, response) => {
      if (host !== filesHost || range === null) return false;
      const [first = 0, last = 0] = range.match(/\d+/g)!.map(Number);
      const file = [...hub.repositories.get(repo)!].find(([path]) => url.includes(path))![1];
      const answer = { began: performance.now(), ended: Infinity };
      answers.push(answer);
      response.writeHead(206, {
        'Access-Control-Allow-Origin': '*',
        'Access-Control-Expose-Headers': 'Content-Range',
        'Content-Length': last - first + 1,
        'Content-Range': `bytes ${first}-${last}/${file.byteLength}`,
      });
      const piece = 256 * 1024;
      for (let at = first; at <= last && !response.destroyed; at += piece) {
        response.write(file.subarray(at, Math.min(at + piece, last + 1)));
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
      response.end();
      answer.ended = performance.now();
      return true;
    };
  };
  async function add(page: Page) {
    await page.getByLabel('Another model').fill(repo);
    await page.getByRole('button', { name: 'Add and load' }).click();
    await page.getByRole('button', { name: 'Ask for the list of files' }).click();
    await page.getByRole('button', { name: 'Open for this model' }).click();
  }

  test('arrives over a slow line, in requests that each take a small part of the time', async () => {
    slowly(50);
    const { page } = open;
    await add(page);
    await loaded(page).waitFor({ timeout: 60_000 });
    const whole = Math.max(...answers.map(({ ended }) => ended)) - answers[0]!.began;
    expect(answers).toHaveLength(5);
    for (const { began, ended } of answers) expect(ended - began).toBeLessThan(whole / 2);
    expect((await ledgered(page)).counts).toEqual(seen());
  });

  test('that a reload cut off goes on with the parts that are here', async () => {
    slowly(50);
    const { page } = open;
    await add(page);
    await expect
      .poll(() => answers.filter(({ ended }) => ended < Infinity).length, { timeout: 30_000 })
      .toBeGreaterThan(1);
    await page.reload();
    await waitForControl(page);
    const finished = answers.filter(({ ended }) => ended < Infinity).length;
    hub.interfere = null;
    hub.requests.length = 0;
    await page.getByRole('button', { name: 'Open the airlock and go on' }).click();
    await loaded(page).waitFor({ timeout: 60_000 });
    const asked = hub.requests.filter(({ host, range }) => host === filesHost && range !== null);
    expect(asked.length).toBeLessThanOrEqual(5 - finished + 1);
    expect(asked.length).toBeGreaterThan(0);
  });

  test('with one wrong byte is refused by its hash again and again, and arrives once it is right', async () => {
    const { page } = open;
    hub.interfere = ({ host, range, url }, response) => {
      if (host !== filesHost || range === null || !range.startsWith('bytes=0-')) return false;
      const file = [...hub.repositories.get(repo)!].find(([path]) => url.includes(path))![1];
      const wrong = Uint8Array.from(file.subarray(0, partBytes));
      wrong[1000]! ^= 1;
      response.writeHead(206, {
        'Access-Control-Allow-Origin': '*',
        'Access-Control-Expose-Headers': 'Content-Range',
        'Content-Length': partBytes,
        'Content-Range': `bytes 0-${partBytes - 1}/${file.byteLength}`,
      });
      response.end(wrong);
      return true;
    };
    await add(page);
    await page.locator('main').getByRole('alert').first().waitFor({ timeout: 60_000 });
    expect(await loaded(page).isVisible()).toBe(false);
    hub.interfere = null;
    await add(page);
    await loaded(page).waitFor({ timeout: 60_000 });
  });
});

describe('what passes', () => {
  const repo = 'org/parts';
  const big = bytesOf(2 * partBytes + 1000);
  const files = { 'config.json': bytesOf(500), 'onnx/model.onnx': big, 'private.json': bytesOf(10) };
  const address = (path: string) => folderOf(repo) + path;
  const range = (first: number, last: number) => ({ headers: { range: `bytes=${first}-${last}` } });
  beforeEach(() => putRepository(repo, files));

  test('nothing while it is closed, from page or frame, and each try is in the ledger', async () => {
    const { page } = open;
    expect((await get(page, address('config.json')))[0]).toBe(503);
    const token = await openAirlock(page, repo, ['config.json']);
    await askSeal(page, { type: 'airlock-close', token, loaded: false });
    hub.requests.length = 0;
    expect((await get(page, address('config.json')))[0]).toBe(503);
    expect(hub.requests).toEqual([]);
    const { entries } = await ledgered(page);
    const refused = entries.find(({ address: at }) => at === `/${address('config.json')}`);
    expect(refused).toMatchObject({ reason: 'refused: the airlock is closed', requests: 2 });
  });

  test('only files that were agreed to, only in the parts that the app asks for, and nothing of the page', async () => {
    const { page } = open;
    await openAirlock(page, repo, ['config.json', 'onnx/model.onnx']);
    hub.requests.length = 0;
    const model = address('onnx/model.onnx');
    const statuses = async (tries: readonly (readonly [string, object?])[]) =>
      Promise.all(tries.map(async ([url, init]) => (await get(page, url, init ?? {}))[0]));
    expect(
      await statuses([
        [address('private.json')],
        [`${address('config.json')}?secret=1`],
        [address('x'.repeat(3000))],
        [address('..%2f..%2fother%2fname%2fmain%2fconfig.json')],
        [address('%2e%2e/config.json')],
        [address('config.json').replace('org/', 'org%2F')],
        [address('config.json').replace('main', 'other')],
        [model],
        [model, range(1, partBytes)],
        [model, range(0, 1234)],
        [model, { headers: { range: 'bytes=73656372-65740000' } }],
        [model, { headers: { range: 'bytes=0-1,5-6' } }],
        [model, { headers: { range: 'secret' } }],
        [model, { method: 'POST', body: 'secret' }],
      ]),
    ).toEqual([404, 503, 503, 503, 503, 503, 503, 503, 416, 416, 416, 416, 416, 405]);
    expect(hub.requests).toEqual([]);

    expect(await get(page, address('config.json'), { headers: { 'x-secret': '1' } })).toEqual([200, 500]);
    expect(await get(page, model, range(partBytes, 2 * partBytes - 1))).toEqual([206, partBytes]);
    expect(hub.requests.map(({ host, method, range: asked }) => [host, method, asked])).toEqual([
      ['huggingface.co', 'GET', null],
      ['huggingface.co', 'GET', `bytes=${partBytes}-${2 * partBytes - 1}`],
      [filesHost, 'GET', `bytes=${partBytes}-${2 * partBytes - 1}`],
    ]);
  });

  test('the ledger agrees with the hub to the request: redirects, errors, cut connections', async () => {
    const { page } = open;
    await openAirlock(page, repo, Object.keys(files));
    const model = address('onnx/model.onnx');
    await get(page, model, range(0, partBytes - 1));
    hub.interfere = ({ url }, response) => {
      if (url.includes('config.json')) response.writeHead(404, { 'Access-Control-Allow-Origin': '*' }).end();
      else if (url.includes('private.json'))
        response.writeHead(500, { 'Access-Control-Allow-Origin': '*' }).end();
      else return false;
      return true;
    };
    expect((await get(page, address('config.json')))[0]).toBe(503);
    expect((await get(page, address('private.json')))[0]).toBe(503);
    hub.interfere = ({ host }, response, socket) => {
      if (host !== filesHost) return false;
      response.writeHead(206, { 'Access-Control-Allow-Origin': '*', 'Content-Length': partBytes });
      response.write('some bytes', () => socket.destroy());
      return true;
    };
    expect((await get(page, model, range(partBytes, 2 * partBytes - 1)))[0]).toBe(503);
    const { counts, failures, entries } = await ledgered(page);
    expect(counts).toEqual(seen());
    expect(failures).toBe(3);
    const cut = entries.find(({ host }) => host === filesHost);
    expect(cut).toMatchObject({ requests: 2, failures: 1 });
    // The browser may drop what came right before the cut.
    expect([partBytes, partBytes + 10]).toContain(cut?.bytes);
  });

  test('a redirect to a foreign host is stopped by the service worker’s own policy', async () => {
    const { page } = open;
    await openAirlock(page, repo, ['config.json']);
    hub.interfere = ({ host }, response) => {
      if (host !== 'huggingface.co') return false;
      response
        .writeHead(302, { 'Access-Control-Allow-Origin': '*', Location: 'https://evil.example/secret' })
        .end();
      return true;
    };
    expect((await get(page, address('config.json')))[0]).toBe(503);
    expect(hub.requests.filter(({ host }) => host === 'evil.example')).toEqual([]);
    expect((await ledgered(page)).counts).toEqual(seen());
  });

  test('it closes itself when the page that opened it goes', async () => {
    const { page, context } = open;
    const other = await context.newPage();
    await other.goto(site.server.url);
    await waitForControl(other);
    await openAirlock(page, repo, ['config.json']);
    expect((await askSeal(other, { type: 'status' })).sealed).toBe(false);
    await page.close();
    await expect.poll(async () => (await askSeal(other, { type: 'status' })).sealed).toBe(true);
  });
});
