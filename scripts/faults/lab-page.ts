/** @file The app in a browser with a lasting profile, as a user would run a plan there; and what is in its store. */
import { readFile } from 'node:fs/promises';
import { chromium, type BrowserContext, type Page } from 'playwright-core';
import { chromiumArgs, ensureChromium } from '../chromium.ts';
import { isBrowser, treeOf, type Process } from './processes.ts';

export interface LabBrowser {
  readonly context: BrowserContext;
  /** The browser's processes, its main one first. */
  processes(): readonly Process[];
}

/** @param profile folder that outlives the browser */
export async function openBrowser(profile: string, extra: readonly string[] = []): Promise<LabBrowser> {
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: ensureChromium(),
    args: [...chromiumArgs('none'), ...extra],
    reducedMotion: 'reduce',
  });
  context.setDefaultTimeout(90_000);
  const isOurs = ({ args }: Process) => args.includes(`--user-data-dir=${profile}`);
  const main = treeOf(process.pid).find((entry) => isBrowser(entry) && isOurs(entry));
  if (!main) throw new Error('The browser that was just started is not there.');
  return { context, processes: () => treeOf(main.id) };
}

/** Open a page and wait until the service worker serves it. */
export async function openPage(context: BrowserContext, address: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(address);
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null && crossOriginIsolated);
  await page.waitForLoadState();
  return page;
}

const runBar = (page: Page) => page.getByRole('region', { name: 'Run in progress' });

/** Import a plan on the matrix page, look at it, and start its run or go on with it. */
export async function startRun(page: Page, planPath: string): Promise<void> {
  await page.getByLabel('Plan, run or trials file').setInputFiles(planPath);
  await page.getByRole('button', { name: 'Run this plan' }).click();
  await runBar(page).waitFor();
}

/** Finished trials as the page counts them, or `null` when no run is in progress. */
export async function shownTrials(page: Page): Promise<number | null> {
  const text = await runBar(page)
    .textContent({ timeout: 1000 })
    .catch(() => null);
  return text === null ? null : Number(/(\d+) of \d+/.exec(text)?.[1] ?? 0);
}

/** Wait until the run in progress has ended in whatever way. */
export const runEnded = (page: Page): Promise<void> => runBar(page).waitFor({ state: 'detached' });

/** What is in the store of runs: for each trial its place and when it was computed. */
export const storedTrials = (page: Page): Promise<readonly string[]> =>
  page.evaluate(async () => {
    // Opening a database that does not exist would create it.
    if (!(await indexedDB.databases()).some(({ name }) => name === 'glovebox')) return [];
    return new Promise<string[]>((resolve, reject) => {
      const opening = indexedDB.open('glovebox');
      opening.onerror = () => reject(opening.error as DOMException);
      opening.onsuccess = () => {
        const db = opening.result;
        const reading = db.transaction('trials').objectStore('trials').getAll();
        reading.onerror = () => reject(reading.error as DOMException);
        reading.onsuccess = () => {
          db.close();
          const rows = reading.result as { place: number; record: { times: { startedAt: string } } }[];
          resolve(rows.map(({ place, record }) => `${place} ${record.times.startedAt}`));
        };
      };
    });
  });

/** Save all trials of the run in view through the page. @returns its lines */
export async function exportedLines(page: Page): Promise<string[]> {
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Trials as JSONL' }).click();
  const path = await (await download).path();
  return (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '');
}

/** Remove the run in view, so that the next one starts from nothing. */
export async function removeRun(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Remove this run' }).click();
  const again = page.getByRole('button', { name: 'Remove it for good?' });
  await again.click();
  await again.waitFor({ state: 'detached' });
}
