/** @file Wrong answers of the host and damaged copies on the device: the app works again, and runs are kept. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { dist } from '../../scripts/build.ts';
import { ensureChromium, launch } from '../../scripts/chromium.ts';
import { openWrongHost, type WrongHost } from '../../scripts/faults/wrong-host.ts';
import { expectAccessible } from './looks.ts';
import { askSeal, visit, waitForControl, type Visit } from './site.ts';

const signIn = '<!doctype html><title>Sign in to this network</title>';
let host: WrongHost;
/** The one file of the site that matches. */
const find = (pattern: RegExp): string => host.files(pattern)[0]!;
let browser: Browser;
let visitor: Visit;
beforeAll(async () => {
  browser = await launch(ensureChromium(), 'none');
});
afterAll(() => browser.close());
async function arrive(): Promise<void> {
  host = await openWrongHost();
  visitor = await visit(browser);
}
async function leave(): Promise<void> {
  await visitor.context.close();
  await host.close();
}

/** A page of the visitor that can be told what to compute. */
async function commandPage(): Promise<Page> {
  const page = await visitor.context.newPage();
  await page.goto(`${host.url}?cli`);
  await page.waitForFunction(() => globalThis.glovebox !== undefined);
  return page;
}

const request = {
  model: 'tinytown-chat',
  defenses: [],
  roles: {},
  sampling: { temperature: 0, topP: 1, maxNewTokens: 4 },
  seed: 1,
} as const;
const chat = (page: Page) =>
  page.evaluate(
    (given) => globalThis.glovebox!.chat({ ...given, messages: [{ role: 'user', content: 'Hello' }] }),
    request,
  );
/** An attack that needs gradients, and so the weights as safetensors. */
const attack = (page: Page) =>
  page.evaluate(
    (given) =>
      globalThis.glovebox!.attack({
        ...given,
        attack: { id: 'gcg', options: { steps: 1 } },
        evaluators: [],
        behavior: { id: 'b', prompt: 'Say hello', target: 'Hello', category: 'c', set: 's', kind: 'harmful' },
      }),
    request,
  );

/** Entries in every database of the page's origin except the ledger's. */
const storedEntries = (page: Page): Promise<number> =>
  page.evaluate(async () => {
    let entries = 0;
    for (const { name } of await indexedDB.databases()) {
      if (!name || name === 'glovebox-seal') continue;
      const db = await new Promise<IDBDatabase>((resolve, reject) => {
        const opening = indexedDB.open(name);
        opening.onsuccess = () => resolve(opening.result);
        opening.onerror = () => reject(opening.error);
      });
      for (const store of db.objectStoreNames)
        entries += await new Promise<number>((resolve) => {
          const counting = db.transaction(store).objectStore(store).count();
          counting.onsuccess = () => resolve(counting.result);
        });
      db.close();
    }
    return entries;
  });

/** Wait until the home page has run and stored some trials, so that there is something to lose. */
async function someTrials(page: Page): Promise<number> {
  await page.getByText(/^[1-9]\d* of \d+ trials$/).waitFor({ timeout: 90_000 });
  const entries = await storedEntries(page);
  expect(entries).toBeGreaterThan(0);
  return entries;
}

/** As if the app had never asked for the file. */
const forget = (page: Page, file: string) =>
  page.evaluate(async (path) => {
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const key of await cache.keys())
        if (new URL(key.url).pathname === `/${path}`) await cache.delete(key);
    }
  }, file);

/** Overwrite stored copies of the app's files whose address matches. */
const garble = (page: Page, pattern: RegExp) =>
  page.evaluate(async (source) => {
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const { url } of await cache.keys())
        if (new RegExp(source).test(url)) await cache.put(url, new Response('garbled'));
    }
  }, pattern.source);

const half = (file: string) => readFileSync(join(dist, file)).subarray(0, 100_000);

describe('one wrong answer of the host', () => {
  beforeAll(async () => {
    await arrive();
    // A page of the command line stores nothing in the background.
    await visitor.page.goto(`${host.url}?cli`);
    await visitor.page.evaluate(() => navigator.serviceWorker.register('service.worker.js'));
    await waitForControl(visitor.page);
  });
  afterAll(leave);

  const kinds: readonly [string, RegExp, (file: string) => string | Buffer, typeof chat | typeof attack][] = [
    ['a sign-in page for a model', /tinytown-chat\/onnx\/model\.onnx$/, () => signIn, chat],
    ['an empty object for a tokenizer', /tinytown-chat\/tokenizer\.json$/, () => '{}', chat],
    ['half of the weights', /tinytown-chat\/model\.safetensors$/, half, attack],
    ['half of an engine', /^engines\/ort-wasm-simd-threaded-.*\.wasm$/, half, chat],
    ['a sign-in page for the script of an engine', /^engines\/transformers-.*\.js$/, () => signIn, chat],
  ];
  test.each(kinds)(
    '%s fails with advice and works once the host is right',
    async (_, pattern, wrong, use) => {
      const file = find(pattern);
      host.answer(file, wrong(file));
      await forget(visitor.page, file);
      const page = await commandPage();
      const failed = await use(page);
      expect(failed).toMatchObject({ status: 'failed', code: 'unreachable' });
      host.setRight(file);
      const next = await commandPage();
      expect(await use(next)).toMatchObject({ status: 'done' });
      await Promise.all([page.close(), next.close()]);
    },
  );
});

describe('damaged copies on the device', () => {
  /** Entries of the run at the beginning. */
  let before: number;
  beforeAll(async () => {
    await arrive();
    const { page } = visitor;
    await page.goto(host.url);
    await waitForControl(page);
    await askSeal(page, { type: 'fill', webgpu: false });
    before = await someTrials(page);
  });
  afterAll(leave);
  const runsAreKept = async () => expect(await storedEntries(visitor.page)).toBeGreaterThanOrEqual(before);

  test('are fetched again by themselves, from the page to the engines, and runs are kept', async () => {
    const { page } = visitor;
    await garble(page, /./);
    await page.reload();
    await waitForControl(page);
    await page.getByRole('heading', { name: 'Home' }).waitFor();
    const other = await commandPage();
    expect(await chat(other)).toMatchObject({ status: 'done' });
    await other.close();
    await runsAreKept();
  });

  test('are found and replaced by the Repair button', async () => {
    const { page } = visitor;
    await page.goto(`${host.url}#/about`);
    await garble(page, /tinytown-chat\//);
    await page.getByRole('button', { name: 'Repair' }).click();
    await page.getByText(/Replaced \d+ damaged files/).waitFor();
    await page.getByRole('button', { name: 'Repair' }).click();
    await page.getByText('No file is damaged.').waitFor();
  });

  test('with the site gone lead to a page that names them, and repairs when the site is back', async () => {
    const { page } = visitor;
    await page.goto(host.url);
    await garble(page, /index\.html|\/assets\/index-/);
    await host.stop();
    await page.reload();
    await page.getByRole('button', { name: 'Repair' }).click();
    await page.getByText(/could not be fetched/).waitFor();
    await page
      .getByText(/^assets\/index-.*\.js$/)
      .first()
      .waitFor();
    await host.startAgain();
    await page.getByRole('button', { name: 'Repair' }).click();
    await page.getByText(/Open Glovebox now/).waitFor();
    await page.getByRole('link', { name: 'Open Glovebox' }).click();
    await page.getByRole('heading', { name: 'Home' }).waitFor();
    await runsAreKept();
  });

  test('that the browser has deleted altogether are fetched and stored again', async () => {
    const { page } = visitor;
    await page.evaluate(async () => {
      for (const name of await caches.keys()) await caches.delete(name);
    });
    await page.reload();
    await waitForControl(page);
    await page.getByRole('heading', { name: 'Home' }).waitFor();
    await askSeal(page, { type: 'fill', webgpu: false });
    const { stored, total } = await askSeal(page, { type: 'status' });
    expect(stored).toBe(total);
  });
});

describe('the page that repairs', () => {
  beforeEach(arrive);
  afterEach(leave);

  test('opens from a page whose script never starts, and goes past the cache of the browser', async () => {
    const { page } = visitor;
    const script = find(/^assets\/index-.*\.js$/);
    host.answer(script, signIn);
    await page.goto(host.url);
    await page.getByText('Glovebox has not started yet').waitFor();
    host.setRight(script);
    await page.getByRole('link', { name: 'repair it' }).click();
    await page.getByRole('button', { name: 'Repair' }).click();
    await page.getByText(/Open Glovebox now/).waitFor();
    await page.getByRole('link', { name: 'Open Glovebox' }).click();
    await page.getByRole('heading', { name: 'Home' }).waitFor();
  });

  test('has no accessibility violation, light or dark, wide or narrow', async () => {
    const { page } = visitor;
    await page.goto(`${host.url}repair.html`);
    await page.getByRole('button', { name: 'Repair' }).waitFor();
    await expectAccessible(page);
  });
});
