/** @file Part "garbled": the host answers with wrong files, and the files of the app on the device are damaged. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import type { Random } from '../../src/core/random.ts';
import { dist } from '../build.ts';
import { ensureChromium, launch } from '../chromium.ts';
import { dealt } from './dealt.ts';
import { openPage, storedTrials } from './lab-page.ts';
import { outcomeOf, promise, type FaultPart } from './part.ts';
import { openWrongHost, type WrongHost } from './wrong-host.ts';

interface Situation {
  readonly host: WrongHost;
  readonly context: BrowserContext;
  readonly random: Random;
}

/** A wrong content in place of `right`. */
function garbled(right: Uint8Array, random: Random): { readonly how: string; readonly content: Uint8Array } {
  const text = (words: string) => new TextEncoder().encode(words);
  switch (random.integer(5)) {
    case 0:
      return { how: 'a sign-in page', content: text('<!doctype html><title>Sign in</title>') };
    case 1:
      return { how: 'an empty object', content: text('{}') };
    case 2:
      return { how: 'nothing', content: text('') };
    case 3:
      return { how: 'a part', content: right.slice(0, random.integer(right.length)) };
    default: {
      const content = right.slice();
      content[random.integer(content.length)]! ^= 1 << random.integer(8);
      return { how: 'one wrong bit', content };
    }
  }
}

/** Ask a bundled model something in a page of the command line. @returns the status and code of the outcome */
async function chat(context: BrowserContext, url: string): Promise<string> {
  const page = await context.newPage();
  try {
    await page.goto(`${url}?cli`);
    await page.waitForFunction(() => globalThis.glovebox !== undefined);
    const outcome = await page.evaluate(() =>
      globalThis.glovebox!.chat({
        model: 'tinytown-chat',
        defenses: [],
        roles: {},
        sampling: { temperature: 0, topP: 1, maxNewTokens: 4 },
        seed: 1,
        messages: [{ role: 'user', content: 'Hello' }],
      }),
    );
    return outcome.status === 'failed' ? `failed: ${outcome.message}` : outcome.status;
  } finally {
    await page.close();
  }
}

/** Files without which the bundled model does not answer. */
const neededFiles =
  /^models\/tinytown-chat\/(onnx\/model\.onnx|tokenizer\.json|config\.json)$|^engines\/(ort-wasm-simd-threaded-.*\.wasm|transformers-.*\.js)$/;

async function wrongAnswer({ host, context, random }: Situation): Promise<string> {
  const file = random.pick(host.files(neededFiles));
  const { how, content } = garbled(readFileSync(join(dist, file)), random);
  host.answer(file, content);
  try {
    await openPage(context, host.url);
    const outcome = await chat(context, host.url);
    promise(outcome.startsWith('failed'), `With ${how} for ${file} the chat was ${outcome}.`);
  } finally {
    host.setRight(file);
  }
  const again = await chat(context, host.url);
  promise(again === 'done', `With the right ${file} again the chat ${again}`);
  return '';
}

/** The service worker stores the files that are still missing. */
const storeAll = (page: Page) =>
  page.evaluate(
    () =>
      new Promise<void>((resolve) => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => resolve();
        navigator.serviceWorker.controller!.postMessage({ type: 'fill', webgpu: false }, [port2]);
      }),
  );

/** A page with all files of the app on the device, and some trials stored. */
async function lastingPage({ host, context }: Situation): Promise<{ page: Page; trials: readonly string[] }> {
  const page = await openPage(context, host.url);
  await page.getByText(/^[1-9]\d* of \d+ trials$/).waitFor({ timeout: 90_000 });
  await storeAll(page);
  return { page, trials: await storedTrials(page) };
}

/** Damage stored files, each with probability `share`. @returns how many */
async function garbleStored(page: Page, random: Random, share: number): Promise<number> {
  const stored = await page.evaluate(async () => {
    const all: { readonly cache: string; readonly url: string }[] = [];
    for (const cache of await caches.keys())
      for (const { url } of await (await caches.open(cache)).keys()) all.push({ cache, url });
    return all;
  });
  const chosen = stored.filter(() => random.next() < share);
  for (const { cache, url } of chosen.length > 0 ? chosen : stored.slice(0, 1)) {
    const damage = { kind: random.integer(3), at: random.next(), cache, url };
    await page.evaluate(async ({ kind, at, ...entry }) => {
      const store = await caches.open(entry.cache);
      const response = (await store.match(entry.url))!;
      const bytes = new Uint8Array(await response.arrayBuffer());
      const place = Math.floor(at * bytes.length);
      if (kind === 0) bytes[place] = (bytes[place] ?? 0) ^ 1;
      const content = kind === 2 ? 'garbled' : kind === 1 ? bytes.slice(0, place) : bytes;
      await store.put(entry.url, new Response(content, { headers: response.headers }));
    }, damage);
  }
  return Math.max(1, chosen.length);
}

async function promiseKept(page: Page, trials: readonly string[]): Promise<void> {
  const now = new Set(await storedTrials(page));
  const lost = trials.filter((trial) => !now.has(trial));
  promise(
    trials.length > 0 && lost.length === 0,
    `${lost.length} of ${trials.length} stored trials were lost.`,
  );
}

async function damagedFiles(situation: Situation): Promise<string> {
  const { page, trials } = await lastingPage(situation);
  await garbleStored(page, situation.random, 0.3 + 0.7 * situation.random.next());
  await page.reload();
  await page.getByRole('heading', { name: 'Home' }).waitFor();
  const outcome = await chat(situation.context, situation.host.url);
  promise(outcome === 'done', `After a reload the chat ${outcome}`);
  await promiseKept(page, trials);
  return '';
}

async function repairedFiles(situation: Situation): Promise<string> {
  const { page, trials } = await lastingPage(situation);
  await garbleStored(page, situation.random, 0.1 + 0.3 * situation.random.next());
  await page.goto(`${situation.host.url}#/about`);
  const repair = page.getByRole('button', { name: 'Repair' });
  await repair.click();
  await page.getByText(/Replaced \d+ damaged files?|No file is damaged/).waitFor();
  await repair.click();
  await page.getByText('No file is damaged.').waitFor();
  await promiseKept(page, trials);
  return '';
}

async function deletedFiles(situation: Situation): Promise<string> {
  const { page, trials } = await lastingPage(situation);
  await page.evaluate(async () => {
    for (const name of await caches.keys()) await caches.delete(name);
  });
  await page.reload();
  await page.getByRole('heading', { name: 'Home' }).waitFor();
  const outcome = await chat(situation.context, situation.host.url);
  promise(outcome === 'done', `After a reload the chat ${outcome}`);
  await promiseKept(page, trials);
  return '';
}

const faults = [
  { fault: 'one wrong answer of the host for a file that the model needs', work: wrongAnswer },
  { fault: 'stored files damaged, then the page reloaded', work: damagedFiles },
  { fault: 'stored files damaged, then the Repair button', work: repairedFiles },
  { fault: 'stored files deleted, then the page reloaded', work: deletedFiles },
];

export const garbledFiles: FaultPart = {
  id: 'garbled',
  promise:
    'A wrong answer of the host and a damaged copy on the device break nothing for good: the app repairs itself, or ' +
    'by its button, and keeps its runs.',
  count: 10,
  unit: 'garbled files',
  async *run(random, count) {
    const host = await openWrongHost();
    const browser = await launch(ensureChromium(), 'none');
    try {
      for (const { fault, work } of dealt(faults, count, random)) {
        const context = await browser.newContext({ reducedMotion: 'reduce' });
        yield await outcomeOf(fault, () => work({ host, context, random }), 180_000);
        await context.close();
      }
    } finally {
      await browser.close();
      await host.close();
    }
  },
};
