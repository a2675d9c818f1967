/** @file Puts a big run into the store of a browser, as if it had been computed there, and opens and exports it. */
import { createReadStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Page } from 'playwright-core';
import { overviewOf } from '../../src/lab/analysis/overview.ts';
import type { Plan } from '../../src/lab/plan/plan.ts';
import { cellText, digestOf, type TrialDigest } from '../../src/lab/records/digest.ts';
import { runIdOf } from '../../src/lab/records/run-id.ts';
import type { RunHead } from '../../src/lab/records/run.ts';
import { runTables, type DigestRow } from '../../src/lab/store/run-database.ts';
import type { TrialRecord } from '../../src/lab/records/trial.ts';
import { registries } from '../../src/lab/trials/registries.ts';
import { openBrowser, openPage, type LabBrowser } from './lab-page.ts';
import { figures, peakOf } from './memory.ts';
import { outcomeOf, promise, type Outcome } from './part.ts';
import { isRenderer } from './processes.ts';

const linesPerBatch = 400;
const opensWithinMs = 2000;
const longestTaskMs = 200;
const limitMs = 300_000;

/** Store rows as src/lab/store/indexeddb.ts does. @param lines records as JSON, the first at `place` */
const addTrials = (
  page: Page,
  runId: string,
  place: number,
  lines: string,
  digests: readonly Pick<DigestRow, 'cell' | 'digest'>[],
) =>
  page.evaluate(
    (batch) =>
      new Promise<void>((resolve, reject) => {
        const opening = indexedDB.open('glovebox');
        opening.onsuccess = () => {
          const db = opening.result;
          const transaction = db.transaction(['trials', 'digests'], 'readwrite', { durability: 'relaxed' });
          transaction.oncomplete = () => resolve(db.close());
          transaction.onabort = () => reject(transaction.error as DOMException);
          const { runId } = batch;
          for (const [i, line] of batch.lines.split('\n').entries()) {
            const key = { runId, place: batch.place + i };
            transaction.objectStore('trials').put({ ...key, record: JSON.parse(line) as unknown });
            transaction.objectStore('digests').put({ ...key, ...batch.digests[i] });
          }
        };
      }),
    { runId, place, lines, digests },
  );

/** Copy a run folder into the store of the page's site. @returns the id of the run */
async function storeRun(page: Page, folder: string): Promise<string> {
  const head = JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')) as RunHead & {
    readonly plan: Plan;
  };
  const runId = await runIdOf(head.plan, head.device.kind);
  const digests: TrialDigest[] = [];
  let batch: string[] = [];
  const send = async () => {
    const own = batch.map((line) => digestOf(JSON.parse(line) as TrialRecord));
    const rows = own.map((digest) => ({ cell: cellText(digest), digest }));
    await addTrials(page, runId, digests.length, batch.join('\n'), rows);
    for (const digest of own) digests.push(digest);
    batch = [];
  };
  for await (const line of createInterface({ input: createReadStream(join(folder, 'trials.jsonl')) })) {
    batch.push(line);
    if (batch.length === linesPerBatch) await send();
  }
  if (batch.length > 0) await send();
  const { plan, versions, device, startedAt: createdAt } = head;
  const overview = overviewOf(plan, device, registries.evaluators.all, digests);
  const total = digests.length;
  const counted = { total, finished: total, digested: true };
  const run = { id: runId, name: plan.name, versions, device, createdAt, state: 'done', ...counted };
  await page.evaluate(
    ({ tables, run, plan, overview }) =>
      new Promise<void>((resolve, reject) => {
        const opening = indexedDB.open('glovebox');
        opening.onsuccess = () => {
          const db = opening.result;
          const transaction = db.transaction(tables, 'readwrite');
          transaction.oncomplete = () => resolve(db.close());
          transaction.onabort = () => reject(transaction.error as DOMException);
          transaction.objectStore('runs').put(run);
          transaction.objectStore('plans').put(plan, run.id);
          transaction.objectStore('overviews').put(overview, run.id);
        };
      }),
    { tables: [...runTables], run, plan, overview },
  );
  return runId;
}

const peakOfPage = (browser: LabBrowser): number | null => {
  const peaks = browser
    .processes()
    .filter(isRenderer)
    .flatMap(({ id }) => peakOf(id) ?? []);
  return peaks.length > 0 ? Math.max(...peaks) : null;
};

/** Check the longest task of the page's main thread since the last check. */
async function promiseSmooth(page: Page): Promise<string> {
  const ms = await page.evaluate(() => {
    const state = globalThis as { longestTask?: number };
    const longest = Math.round(state.longestTask ?? 0);
    state.longestTask = 0;
    return longest;
  });
  promise(ms <= longestTaskMs, `A task blocked the page for ${ms} ms.`);
  return ms === 0 ? 'no task of 50 ms or more' : `longest task ${ms} ms`;
}

/** @param folder of a big run, with run.json and trials.jsonl */
export async function* openBigRun(url: string, profile: string, folder: string): AsyncGenerator<Outcome> {
  const filler = await openBrowser(profile);
  const start = Date.now();
  let runId = '';
  try {
    const page = await openPage(filler.context, `${url}#/matrix`);
    await page.getByRole('button', { name: 'Run the quickstart' }).waitFor();
    runId = await storeRun(page, folder);
  } finally {
    await filler.context.close();
  }
  console.error(`big: stored the run in the browser in ${Math.round((Date.now() - start) / 1000)} s`);

  const browser = await openBrowser(profile);
  try {
    await browser.context.addInitScript(() => {
      const state = globalThis as { longestTask?: number };
      new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries())
          state.longestTask = Math.max(state.longestTask ?? 0, duration);
      }).observe({ type: 'longtask', buffered: true });
    });
    await (await openPage(browser.context, url)).close();
    const page = await browser.context.newPage();
    yield await outcomeOf('page of the run opened', async () => {
      await page.goto(`${url}#/matrix?run=${runId}`);
      await page.locator('section[aria-label="Conclusions"] p:not(.hint)').first().waitFor();
      const ms = await page.evaluate(() => performance.now());
      await page.waitForTimeout(1000);
      const smooth = await promiseSmooth(page);
      return `${figures(ms, peakOfPage(browser), opensWithinMs)}, ${smooth}`;
    });
    yield await outcomeOf('page: a cell opened', async () => {
      const before = Date.now();
      await page.goto(`${url}#/matrix?run=${runId}&cell=${encodeURIComponent('direct-request|none')}`);
      await page.locator('a[href^="#/trial/"]').first().waitFor();
      return `${figures(Date.now() - before, peakOfPage(browser), opensWithinMs)}, ${await promiseSmooth(page)}`;
    });
    // The list of the cell lies over the buttons.
    await page.goto(`${url}#/matrix?run=${runId}`);
    for (const format of ['JSONL', 'CSV'])
      yield await outcomeOf(
        `page: export as ${format}`,
        async () => {
          const before = Date.now();
          const download = page.waitForEvent('download', { timeout: limitMs });
          await page.getByRole('button', { name: `Trials as ${format}` }).click();
          await (await download).path();
          const text = figures(Date.now() - before, peakOfPage(browser));
          return `${text}, ${await promiseSmooth(page)}`;
        },
        limitMs,
      );
  } finally {
    await browser.context.close();
  }
}
