/** @file Fails the storage of the browser under a run in a page, makes it work again, and lets the run go on. */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import type { Random } from '../../src/core/random.ts';
import {
  exportedLines,
  openBrowser,
  openPage,
  removeRun,
  runEnded,
  shownTrials,
  startRun,
  storedTrials,
  type LabBrowser,
} from './lab-page.ts';
import { withoutTimes } from './lab-process.ts';
import { promise } from './part.ts';
import { kill } from './processes.ts';
import type { SmallDisk } from './small-disk.ts';
import { smallPlanTrials } from './small-plan.ts';

/** What a failure is done with. */
interface Situation {
  readonly page: Page;
  readonly browser: LabBrowser;
  /** That of the profile. */
  readonly disk: SmallDisk | null;
  readonly random: Random;
}

/** @returns how to make the storage work again */
type Failure = (situation: Situation) => Promise<() => Promise<void>>;

const nothingToMend = async () => {};

const fillDisk: Failure = async ({ disk, random }) => {
  const spare = random.integer(2 ** 16);
  disk!.fill(spare);
  // The browser deletes files of its own and so makes room.
  const filling = setInterval(() => disk!.fill(spare), 200);
  return async () => {
    clearInterval(filling);
    disk!.empty();
  };
};

const deleteDatabase: Failure = async ({ page }) => {
  const other = await page.context().newPage();
  await other.goto(new URL('icons/icon.svg', page.url()).href);
  await other.evaluate(
    () =>
      new Promise<void>((resolve) => {
        const deleting = indexedDB.deleteDatabase('glovebox');
        deleting.onsuccess = deleting.onerror = deleting.onblocked = () => resolve();
      }),
  );
  await other.close();
  return nothingToMend;
};

const clearDatabases: Failure = async ({ page }) => {
  const session = await page.context().newCDPSession(page);
  const { origin } = new URL(page.url());
  await session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'indexeddb' });
  return nothingToMend;
};

const endStorageProcess: Failure = async ({ browser }) => {
  const storageProcesses = browser.processes().filter(({ args }) => args.includes('storage.mojom'));
  promise(storageProcesses.length > 0, 'This browser keeps its databases in no process of their own.');
  for (const { id } of storageProcesses) kill(id);
  return nothingToMend;
};

const deleteCaches: Failure = async ({ page }) => {
  await page.evaluate(async () => {
    for (const name of await caches.keys()) await caches.delete(name);
  });
  return nothingToMend;
};

const limitQuota: Failure = async ({ page, random }) => {
  const session = await page.context().newCDPSession(page);
  const { origin } = new URL(page.url());
  const usage = await page.evaluate(async () => (await navigator.storage.estimate()).usage ?? 0);
  const quotaSize = usage + random.integer(300_000);
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize });
  return async () => {
    await session.send('Storage.overrideQuotaForOrigin', { origin });
  };
};

export interface PageFailure {
  readonly fault: string;
  readonly fail: Failure;
  readonly needsDisk?: true;
}

export const pageFailures: readonly PageFailure[] = [
  { fault: 'page: the disk of the profile is full', fail: fillDisk, needsDisk: true },
  { fault: 'page: the quota of the site is exceeded', fail: limitQuota },
  { fault: 'page: the database is deleted by another page', fail: deleteDatabase },
  { fault: 'page: all databases are cleared by the browser', fail: clearDatabases },
  { fault: 'page: the connection to the database breaks off', fail: endStorageProcess },
  { fault: 'page: the caches are deleted', fail: deleteCaches },
];

export interface PageStorage {
  /** @throws Error that says what was lost */
  fail(failure: PageFailure, random: Random): Promise<string>;
  close(): Promise<void>;
}

/** Wait until at least `count` trials are shown as finished, or the run has ended. @returns the last that was shown */
async function shownUntil(page: Page, count: number): Promise<number> {
  for (let last = 0; ;) {
    const shown = await shownTrials(page);
    if (shown === null) return last;
    last = Math.max(last, shown);
    if (last >= count) return last;
    await sleep(20);
  }
}

/** Save what is in memory, if the page offers that. */
async function savedLines(page: Page): Promise<readonly string[]> {
  const button = page.getByRole('button', { name: /^Save \d+ trials?$/ });
  await button.waitFor({ timeout: 2000 }).catch(() => {});
  if ((await button.count()) === 0) return [];
  const download = page.waitForEvent('download');
  await button.click();
  const path = await (await download).path();
  return (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '');
}

export function createPageStorage(
  { url, profile, planPath }: { readonly url: string; readonly profile: string; readonly planPath: string },
  disk: SmallDisk | null,
  expected: readonly string[],
): PageStorage {
  let browser: LabBrowser | null = null;
  return {
    async fail({ fail }, random) {
      browser ??= await openBrowser(profile);
      const page = await openPage(browser.context, `${url}#/matrix`);
      await startRun(page, planPath);
      await shownUntil(page, 1 + random.integer(smallPlanTrials / 2));
      const before = await storedTrials(page);
      const mend = await fail({ page, browser, disk, random });
      let note = 'the run went on by itself';
      try {
        const shown = await shownUntil(page, Infinity);
        await runEnded(page);
        const alert = page.locator('main').getByRole('alert').first();
        if (await alert.isVisible()) {
          const saved = await savedLines(page);
          promise(
            saved.length >= shown,
            `${shown} trials were finished, ${saved.length} were offered for saving. ` +
              `The page said: ${await alert.textContent()}`,
          );
          note = 'the trials in memory were saved as a file';
        }
      } finally {
        await mend();
      }
      // The same page goes on, which holds what could not be stored.
      await startRun(page, planPath);
      await runEnded(page);
      const now = new Set(await storedTrials(page));
      const lost = before.filter((trial) => !now.has(trial));
      promise(
        lost.length === 0,
        `${lost.length} of ${before.length} stored trials were lost or computed again.`,
      );
      const lines = withoutTimes(await exportedLines(page));
      promise(
        lines.join('\n') === expected.join('\n'),
        `The ${lines.length} exported trials differ from those of an undisturbed run.`,
      );
      await removeRun(page);
      await page.close();
      return note;
    },
    async close() {
      await browser?.context.close();
      browser = null;
    },
  };
}
