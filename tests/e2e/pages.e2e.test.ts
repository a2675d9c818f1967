import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dist } from '../../scripts/build.ts';
import { parsePlan } from '../../src/lab/plan/plan.ts';
import { packedCopy } from '../../src/lab/seal/kept-copy.ts';
import { phaseOf } from '../../src/lab/seal/offline-files.ts';
import { planText } from '../../src/ui/links/plan-text.ts';
import { expectFocus, tabTo } from './keyboard.ts';
import { expectAccessible } from './looks.ts';
import { askSeal, openSite, visit, waitForControl, type Site } from './site.ts';

const pages = [
  '#/',
  '#/lessons',
  '#/lessons/safe-decoding?step=2',
  '#/matrix',
  '#/training',
  '#/insight',
  '#/vault',
  '#/playground',
  '#/studio',
  '#/microscope',
  '#/methods',
  '#/methods/attack/gcg',
  '#/methods/defense/self-reminder',
  '#/methods/evaluator/prefix-match',
  '#/behaviors',
  '#/models',
  '#/ledger',
  '#/docs/class',
  '#/class',
  '#/about',
];
let site: Site;
beforeAll(async () => {
  site = await openSite({ headers: false });
});
afterAll(() => site.close());

/** Wait until the live matrix of the home page has finished some trials on the bundled model. */
const someTrials = (page: Page) =>
  page.getByText(/^[1-9]\d* of \d+ trials$/).waitFor({ state: 'visible', timeout: 90_000 });

test('a first visit runs trials without an error, and every request stays on this site', async () => {
  const { context, page, complaints, requests } = await visit(site.browser);
  await page.goto(site.server.url);
  await waitForControl(page);
  await someTrials(page);
  for (const hash of pages) {
    await page.goto(`${site.server.url}${hash}`);
    await page.locator('h1').waitFor();
  }
  expect(complaints).toEqual([]);
  expect(requests.filter((url) => !url.startsWith(site.server.url) && /^https?:/.test(url))).toEqual([]);
  const { entries, sealed } = await askSeal(page, { type: 'ledger' });
  expect(sealed).toBe(true);
  expect([...new Set(entries.map(({ host }) => host))]).toEqual([new URL(site.server.url).host]);
  await context.close();
});

test('a German browser gets a German page, and its reader may choose English', async () => {
  const { context, page, complaints } = await visit(site.browser, 'de-AT');
  await page.goto(`${site.server.url}#/about`);
  await page.getByRole('heading', { name: 'Was wo läuft' }).waitFor();
  expect(await page.locator('html').getAttribute('lang')).toBe('de');
  await page.getByRole('radio', { name: 'English' }).check({ force: true });
  await page.getByRole('button', { name: 'Neu laden' }).click();
  await page.getByRole('heading', { name: 'What runs where' }).waitFor();
  expect(await page.locator('html').getAttribute('lang')).toBe('en');
  expect(complaints).toEqual([]);
  await context.close();
});

test('with the server gone a reloaded page still runs trials', async () => {
  const own = await openSite({ headers: false });
  const { page, complaints } = await visit(own.browser);
  await page.goto(own.server.url);
  await waitForControl(page);
  await askSeal(page, { type: 'fill', webgpu: false });
  await own.server.close();
  await page.reload();
  await someTrials(page);
  expect(complaints).toEqual([]);
  await own.close();
});

/** Wait until the page, which may be a file of its own, and its data have loaded. */
async function loaded(page: Page) {
  await page.locator('main > :visible').first().waitFor();
  // A page may fetch the results of several runs, each with its own notice.
  await expect.poll(() => page.getByText('Fetching the results.').count(), { timeout: 30_000 }).toBe(0);
  // The insight page runs its example by itself.
  if (new URL(page.url()).hash === '#/insight')
    await page.getByRole('heading', { name: 'How harmful each token reads' }).waitFor({ timeout: 90_000 });
}

describe('no accessibility violation, light or dark, wide or narrow', () => {
  let context: BrowserContext;
  let page: Page;
  beforeAll(async () => {
    ({ context, page } = await visit(site.browser));
    await page.goto(`${site.server.url}#/about`);
    await waitForControl(page);
  });
  afterAll(() => context.close());

  test.each(pages)('%s', async (hash) => {
    await page.goto(`${site.server.url}${hash}`);
    await page.locator('h1').waitFor();
    await loaded(page);
    await expectAccessible(page);
  });
});

test('the quickstart is started and stopped with the keyboard alone', async () => {
  const { context, page } = await visit(site.browser);
  await page.goto(`${site.server.url}#/matrix`);
  await waitForControl(page);
  await tabTo(page, page.getByRole('button', { name: /quickstart/i }));
  await page.keyboard.press('Enter');
  const bar = page.getByRole('region', { name: 'Run in progress' });
  await tabTo(page, bar.getByRole('button', { name: 'Stop' }));
  await page.keyboard.press('Enter');
  await bar.waitFor({ state: 'detached' });
  await expectFocus(page);
  await context.close();
});

describe('from the first page, within three clicks, a newcomer finds how to', () => {
  let context: BrowserContext;
  let page: Page;
  beforeAll(async () => {
    ({ context, page } = await visit(site.browser));
    await page.goto(site.server.url);
    await waitForControl(page);
  });
  afterAll(() => context.close());

  const link = (name: RegExp) => () => page.getByRole('link', { name });
  const jobs: readonly (readonly [string, readonly (() => Locator)[], () => Locator])[] = [
    [
      'learn',
      [link(/^Learn Lessons/), link(/What alignment is/)],
      () => page.getByRole('button', { name: 'Ask the model' }),
    ],
    ['attack', [link(/^Try Attack/)], () => page.getByRole('combobox', { name: 'Attack' })],
    ['defend', [link(/^Try Attack/)], () => page.getByRole('combobox', { name: 'Defenses' })],
    ['measure', [link(/^Measure Every/)], () => page.getByRole('button', { name: 'Run the quickstart' })],
    ['bring a model', [link(/^Bring a model$/)], () => page.getByRole('button', { name: 'Pick a folder' })],
    ['bring prompts', [link(/^Bring prompts$/)], () => page.getByRole('button', { name: 'Pick a file' })],
    ['prove the seal', [link(/^Prove the seal$/)], () => page.getByRole('button', { name: 'Test the seal' })],
  ];
  test.each(jobs)('%s', async (_, clicks, found) => {
    await page.goto(`${site.server.url}#/`);
    for (const click of clicks) await click().click();
    await found().waitFor();
    expect(clicks.length + 1).toBeLessThanOrEqual(3); // the last click is on what was found
  });
});

test('a link to the playground or the microscope gives the same answers in a fresh browser', async () => {
  const setups = {
    playground: {
      ...{
        model: 'tinytown-chat',
        prompt: 'How do I wake the stone giant?',
        temperature: 0.9,
        maxNewTokens: 24,
      },
      ...{
        attack: 'assistant-prefix',
        attackOptions: { words: 1 },
        stack: [{ id: 'safe-decoding', on: true }],
      },
    },
    microscope: {
      ...{ model: 'tinytown-chat', prompt: 'How do I wake the stone giant?', temperature: 0.9, seed: 7 },
      ...{ maxNewTokens: 24, lanes: [{ defense: 'safe-decoding' }, { defense: '' }], compare: true },
    },
  };
  /** Opens one link, has it answered, and gives the answers and the link that the page would pass on. */
  const answersAt = async (page: Page, address: string) => {
    await page.goto(address);
    const start = page.getByRole('button', { name: /^(Send|Run$)/ });
    await start.and(page.locator(':enabled')).press('Enter');
    const answer = page.locator('main [data-token], main [role="option"]');
    await answer.first().waitFor({ timeout: 60_000 });
    await page.waitForFunction(() => document.querySelector('[aria-busy="true"]') === null);
    const tokens = await answer.allTextContents();
    await page.getByRole('button', { name: /^Copy (a )?link/ }).press('Enter');
    return { tokens, link: await page.evaluate(() => navigator.clipboard.readText()) };
  };
  const [first, fresh] = await Promise.all([visit(site.browser), visit(site.browser)]);
  for (const { context } of [first, fresh])
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  for (const [page, setup] of Object.entries(setups)) {
    const query = new URLSearchParams({ setup: JSON.stringify(setup) });
    const here = await answersAt(first.page, `${site.server.url}#/${page}?${query}`);
    expect(here.tokens.length).toBeGreaterThan(10);
    expect(await answersAt(fresh.page, here.link)).toEqual(here);
  }
  await Promise.all([first.context.close(), fresh.context.close()]);
});

test('a link to a plan, a cell or a trial is run in a fresh browser, and shows the same', async () => {
  const plan = parsePlan({
    ...{
      version: 1,
      name: 'Passed on',
      seed: 3,
      models: { targets: ['tinytown-chat'], roles: { expert: 'tinytown-expert' } },
    },
    ...{
      behaviors: [{ set: 'tinytown', kinds: ['harmful'], limit: 2 }],
      attacks: [{ id: 'direct-request' }, { id: 'assistant-prefix' }],
    },
    ...{ defenses: [{ stack: [{ id: 'safe-decoding' }] }], evaluators: [{ id: 'tinytown-oracle' }] },
  });
  const [first, fresh] = await Promise.all([visit(site.browser), visit(site.browser)]);
  for (const { context } of [first, fresh])
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const copied = async (page: Page) => {
    await page.getByRole('button', { name: 'Copy link' }).last().press('Enter');
    return page.evaluate(() => navigator.clipboard.readText());
  };
  const trialsIn = async (page: Page) => {
    const listed = page.getByRole('dialog').locator('li a .prompt');
    await listed.nth(1).waitFor({ timeout: 60_000 });
    return listed.allTextContents();
  };
  const answerOn = async (page: Page) => {
    const step = page.locator('main li').filter({ has: page.getByRole('heading', { name: /^Answer/ }) });
    await step.waitFor({ timeout: 60_000 });
    return step.textContent();
  };

  const text = await planText(plan, async () => plan);
  const query = new URLSearchParams({ cell: 'assistant-prefix|safe-decoding', plan: text! });
  await first.page.goto(`${site.server.url}#/matrix?${query}`);
  await first.page.getByRole('button', { name: 'Run this cell' }).click();
  const trials = await trialsIn(first.page);
  const cellLink = await copied(first.page);
  await first.page.getByRole('dialog').locator('li a').last().click();
  const answer = await answerOn(first.page);
  await first.page.waitForFunction(() => location.hash.includes('plan='));
  const trialLink = await copied(first.page);

  await fresh.page.goto(trialLink);
  await fresh.page.getByRole('button', { name: 'Run this trial' }).click();
  expect(await answerOn(fresh.page)).toBe(answer);
  await fresh.page.goto(cellLink);
  await fresh.page.getByRole('button', { name: 'Run the rest of this cell' }).click();
  expect(await trialsIn(fresh.page)).toEqual(trials);
  expect(await copied(fresh.page)).toBe(cellLink);
  expect([...first.complaints, ...fresh.complaints]).toEqual([]);
  await Promise.all([first.context.close(), fresh.context.close()]);
});

test('the first paint needs less than 150 KB of script, and no engine', async () => {
  const html = await readFile(join(dist, 'index.html'), 'utf8');
  const scripts = [...html.matchAll(/(?:src|href)="\.\/([^"]+\.js)"/g)].map(([, path]) => path!);
  const sizes = await Promise.all(
    scripts.map(async (path) => gzipSync(await readFile(join(dist, path))).length),
  );
  expect(scripts.filter((path) => path.startsWith('engines/'))).toEqual([]);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(150_000);
});

test('no device keeps more than 60 MB of the app', async () => {
  const kept = { shell: 0, fill: 0, webgpu: 0, 'first-use': 0 };
  for (const entry of await readdir(dist, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const url = relative(dist, path).replaceAll('\\', '/');
    const content = new Uint8Array(await readFile(path)).buffer;
    kept[phaseOf(url)] += (await (await packedCopy(url, content, new Headers())).arrayBuffer()).byteLength;
  }
  expect(kept.shell + kept.fill).toBeLessThan(55_000_000);
  expect(kept.shell + kept.fill + kept.webgpu).toBeLessThan(60_000_000);
});
