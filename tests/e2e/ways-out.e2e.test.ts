/** Ways out of the page, tried against a real server that stands for every other host. */
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { askSeal, openSite, visit, waitForControl, type Site } from './site.ts';
import { openStubHub, type StubHub } from './stub-hub.ts';

const hubAddress = 'https://huggingface.co/org/name/resolve/main/secret';

describe.each([
  ['plain hosting', false],
  ['hosting with headers', true],
])('on %s', (_, headers) => {
  let sink: StubHub;
  let site: Site;
  /** A profile in which the service worker is in charge; each test opens a page of its own in it. */
  let sealed: BrowserContext;
  /** Of a page that computes nothing by itself. */
  let quietPage: string;
  beforeAll(async () => {
    sink = await openStubHub();
    site = await openSite({ headers, args: sink.chromiumArgs });
    quietPage = `${site.server.url}#/about`;
    ({ context: sealed } = await visit(site.browser));
    await waitForControl(await openPage());
  });
  afterAll(async () => {
    await site.close();
    await sink.close();
  });
  beforeEach(() => void (sink.requests.length = 0));
  afterEach(() => Promise.all(sealed.pages().map((page) => page.close())));
  async function openPage(): Promise<Page> {
    const page = await sealed.newPage();
    await page.goto(quietPage);
    return page;
  }
  const nothingOut = () => expect(sink.requests.map(({ host, url }) => host + url)).toEqual([]);
  const aMoment = (page: Page) => page.waitForTimeout(700);

  test('the self-test tries every channel, and none reaches the sink', async () => {
    const page = await sealed.newPage();
    await page.goto(`${site.server.url}#/ledger`);
    await waitForControl(page);
    await page.getByRole('button', { name: 'Test the seal' }).click();
    const table = page.getByRole('region', { name: 'Ways out' });
    await table.waitFor({ timeout: 60_000 });
    nothingOut();
    const row = (name: string) => table.getByRole('row', { name, exact: false }).first().innerText();
    expect(await row('fetch')).toMatch(/policy\s+policy/);
    expect(await row('WebRTC')).toMatch(/watch\s+watch/);
    expect(await row('window by script')).toMatch(/watch\s+watch/);
    expect((await askSeal(page, { type: 'status' })).sealed).toBe(true);
  });

  /** Each reached a hub before pages were kept to their own site. */
  const ways: readonly (readonly [string, (address: string) => unknown])[] = [
    [
      'an empty frame that posts',
      (address) => {
        const frame = document.createElement('iframe');
        document.body.append(frame);
        return frame.contentWindow!.fetch(address, { method: 'POST', mode: 'no-cors', body: 'secret' });
      },
    ],
    [
      'a frame’s own window',
      (address) => {
        const frame = document.createElement('iframe');
        document.body.append(frame);
        const popup = frame.contentWindow!.open('about:blank');
        return (popup as (Window & typeof globalThis) | null)?.fetch(address, { mode: 'no-cors' });
      },
    ],
    [
      'a sandboxed frame with a preload',
      (address) => {
        const frame = document.createElement('iframe');
        frame.setAttribute('sandbox', 'allow-scripts');
        frame.srcdoc = `<link rel="preload" as="fetch" crossorigin href="${address}"><img src="${address}">`;
        document.body.append(frame);
      },
    ],
    [
      'a background fetch',
      async (address) => {
        const registration = await navigator.serviceWorker.ready;
        const { backgroundFetch } = registration as unknown as {
          backgroundFetch: { fetch(id: string, url: string): Promise<unknown> };
        };
        await backgroundFetch.fetch('secret', address);
      },
    ],
    [
      'a worker from text',
      (address) => {
        const code = `fetch(${JSON.stringify(address)}, { mode: 'no-cors' })`;
        new Worker(URL.createObjectURL(new Blob([code], { type: 'text/javascript' })));
      },
    ],
    ['going there by script', (address) => void (location.href = address)],
  ];
  test.each(ways)('%s does not reach a hub', async (_way, way) => {
    const page = await openPage();
    await waitForControl(page);
    await page.evaluate(way, hubAddress).catch(() => {});
    await aMoment(page);
    nothingOut();
    expect(page.url()).toContain('localhost');
  });

  const fetchHub = (page: Page) =>
    page.evaluate((address) => fetch(address, { mode: 'no-cors' }).then(() => 'out', String), hubAddress);

  test.each(['?cli', ''])(
    'a first visit to "%s", before the service worker, does not reach a hub',
    async (query) => {
      const { context, page } = await visit(site.browser);
      await page.route('**/service.worker.js', (route) => route.abort());
      await page.goto(site.server.url + query, { waitUntil: 'domcontentloaded' });
      expect(await fetchHub(page)).toContain('TypeError');
      nothingOut();
      await context.close();
    },
  );

  test('a script that opens the airlock itself gets no file that no hub listed', async () => {
    const page = await openPage();
    await waitForControl(page);
    const folder = 'hub/huggingface.co/org/name/main/';
    const opened = await askSeal(page, {
      type: 'airlock-open',
      model: 'm',
      files: [{ folder, commit: 'c0ffee', paths: ['secret'] }],
    });
    expect(opened).toMatchObject({ refused: expect.stringContaining('not asked') });
    expect(await page.evaluate((url) => fetch(url).then(({ status }) => status), `${folder}secret`)).toBe(
      503,
    );
    nothingOut();
  });

  // The last in the shared profile, which then has no service worker.
  test('a forced reload and an unregistered service worker do not reach a hub', async () => {
    const page = await openPage();
    await waitForControl(page);
    const session = await sealed.newCDPSession(page);
    await session.send('Page.reload', { ignoreCache: true });
    await page.waitForLoadState('domcontentloaded');
    await fetchHub(page).catch(() => {});
    await waitForControl(page);
    await page.evaluate(async () => (await navigator.serviceWorker.ready).unregister());
    await page.reload({ waitUntil: 'domcontentloaded' });
    await fetchHub(page).catch(() => {});
    await aMoment(page);
    nothingOut();
  });

  test('without a service worker the lab’s worker starts only where the host sends the policy', async () => {
    const { context, page } = await visit(site.browser);
    await context.addInitScript(() => {
      Object.defineProperty(navigator, 'serviceWorker', { value: undefined });
    });
    await page.goto(`${site.server.url}#/models`);
    if (headers) await page.getByRole('article', { name: 'Tinytown Chat' }).waitFor();
    else {
      await page.getByText('The lab did not start').waitFor();
      expect(page.workers()).toEqual([]);
    }
    await context.close();
  });
});
