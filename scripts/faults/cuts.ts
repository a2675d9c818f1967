/** @file Part "cuts": a model comes from a hub whose connections break off at random bytes. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import type { Random } from '../../src/core/random.ts';
import type { LedgerEntry } from '../../src/lab/seal/messages.ts';
import { hubTitle } from '../../src/models/hub/name.ts';
import { openStubHub, type StubHub } from '../../tests/e2e/stub-hub.ts';
import { dist } from '../build.ts';
import { ensureChromium, launch } from '../chromium.ts';
import { serve } from '../serve.ts';
import { openPage } from './lab-page.ts';
import { outcomeOf, promise, type FaultPart } from './part.ts';

const repo = 'org/tiny';
/** A load may fail this often before it must succeed: a user would try again as often. */
const loads = 4;

/** The files of a bundled model, as a repository of the hub. */
function repositoryFiles(): Map<string, Uint8Array> {
  const folder = join(dist, 'models/tinytown-chat');
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.includes('.'),
  );
  return new Map(names.map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))]));
}

/** Break off `count` answers with a file at random bytes. @returns how many were, so far */
function cutAnswers(hub: StubHub, count: number, random: Random): () => number {
  let cut = 0;
  hub.interfere = ({ host, url, range }, response, socket) => {
    const file = [...hub.repositories.get(repo)!].find(([path]) => url.split('?')[0]!.endsWith(`/${path}`));
    const isRedirected = host === 'huggingface.co' && /\.(onnx|safetensors|bin)(\?|$)/.test(url);
    if (cut >= count || !file || isRedirected || random.next() < 0.3) return false;
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(range ?? '') ?? [];
    const content = first === undefined ? file[1] : file[1].subarray(Number(first), Number(last) + 1);
    const total = file[1].byteLength;
    cut++;
    response.writeHead(first === undefined ? 200 : 206, {
      'Access-Control-Allow-Origin': '*',
      'Access-Control-Expose-Headers': 'Content-Range',
      'Content-Length': content.byteLength,
      ...(first === undefined ? {} : { 'Content-Range': `bytes ${first}-${last}/${total}` }),
    });
    response.write(content.subarray(0, random.integer(content.byteLength)), () => socket.destroy());
    return true;
  };
  return () => cut;
}

const countsOf = (hosts: Iterable<readonly [host: string, requests: number]>): string => {
  const counts = new Map<string, number>();
  for (const [host, requests] of hosts) counts.set(host, (counts.get(host) ?? 0) + requests);
  return [...counts]
    .map(([host, requests]) => `${host} ${requests}`)
    .toSorted()
    .join(', ');
};

/** Requests to each host outside, as the ledger counts them; refused ones did not leave. */
async function ledgered(page: Page): Promise<string> {
  const entries = await page.evaluate(
    () =>
      new Promise<readonly LedgerEntry[]>((resolve) => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = ({ data }) => resolve((data as { entries: readonly LedgerEntry[] }).entries);
        navigator.serviceWorker.controller!.postMessage({ type: 'ledger' }, [port2]);
      }),
  );
  const outside = entries.filter(
    ({ host, reason }) => !host.startsWith('localhost') && !reason.startsWith('refused'),
  );
  return countsOf(outside.map(({ host, requests }) => [host, requests] as const));
}

async function loadThroughCuts(page: Page, hub: StubHub, random: Random): Promise<string> {
  const cut = cutAnswers(hub, 1 + random.integer(6), random);
  const card = page.getByRole('article', { name: hubTitle(repo), exact: true });
  const failed = page.locator('main').getByRole('alert');
  const open = page.getByRole('button', { name: 'Open for this model' });
  const loaded = card.getByText('in memory');
  let tries = 0;
  for (; tries < loads && !(await loaded.isVisible()); tries++) {
    await page.getByLabel('Another model').fill(repo);
    await page.getByRole('button', { name: 'Add and load' }).click();
    await page.getByRole('button', { name: 'Ask for the list of files' }).click();
    await open.or(failed).first().waitFor();
    if (!(await open.isVisible())) continue;
    await open.click();
    await loaded.or(failed).first().waitFor();
  }
  promise(await loaded.isVisible(), `After ${tries} tries and ${cut()} cuts the model was not there.`);
  const [sent, told] = [countsOf(hub.requests.map(({ host }) => [host, 1] as const)), await ledgered(page)];
  promise(sent === told, `The hub saw ${sent}; the ledger says ${told}.`);
  return `${cut()} cuts, ${tries === 1 ? 'one try' : `${tries} tries`}`;
}

export const cutDownloads: FaultPart = {
  id: 'cuts',
  promise:
    'A download that is cut goes on where it was cut and arrives whole, each file with the hash that the hub names, and ' +
    'the ledger agrees with the hub to the request.',
  count: 10,
  unit: 'cut downloads',
  async *run(random, count) {
    const hub = await openStubHub();
    const server = await serve({ folder: dist, port: 0, headers: true });
    const browser = await launch(ensureChromium(), 'none', hub.chromiumArgs);
    try {
      for (let i = 0; i < count; i++) {
        hub.repositories.set(repo, repositoryFiles());
        hub.requests.length = 0;
        const context = await browser.newContext({ reducedMotion: 'reduce' });
        context.setDefaultTimeout(90_000);
        yield await outcomeOf('connection to the hub cut at random bytes', async () => {
          const page = await openPage(context, `${server.url}#/models`);
          return loadThroughCuts(page, hub, random);
        });
        await context.close();
      }
    } finally {
      await browser.close();
      await server.close();
      await hub.close();
    }
  },
};
