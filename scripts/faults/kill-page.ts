/** @file Ends a run in a page of the browser in every way that it can end, and lets it go on. */
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
import { isRenderer, kill, survivors } from './processes.ts';
import { smallPlanTrials } from './small-plan.ts';

/** Does harm; `false` if the page can still be used afterwards. */
type Harm = (page: Page, browser: LabBrowser) => Promise<boolean>;

async function endWorker(page: Page): Promise<boolean> {
  const worker = page.workers().find((worker) => worker.url().includes('lab.worker'));
  await worker?.evaluate(() => close()).catch(() => {}); // it ends before it can answer
  return false;
}

async function crash(page: Page): Promise<boolean> {
  const crashed = page.waitForEvent('crash');
  const session = await page.context().newCDPSession(page);
  session.send('Page.crash').catch(() => {}); // a page that crashed does not answer
  await crashed;
  return true;
}

async function killRenderers(page: Page, browser: LabBrowser): Promise<boolean> {
  const crashed = page.waitForEvent('crash');
  for (const { id } of browser.processes().filter(isRenderer)) kill(id);
  await crashed;
  return true;
}

async function killBrowser(_: Page, { context, processes }: LabBrowser): Promise<boolean> {
  const closed = new Promise((resolve) => context.once('close', resolve));
  const tree = processes();
  kill(tree[0]!.id);
  await closed;
  const left = await survivors(tree);
  promise(
    left.length === 0,
    `Still running afterwards: ${left.map(({ args }) => args.slice(0, 60)).join(', ')}`,
  );
  return true;
}

export const pageHarms: readonly { readonly fault: string; readonly harm: Harm }[] = [
  { fault: 'page: crash of its renderer', harm: crash },
  { fault: 'page: kill -9 of the renderers', harm: killRenderers },
  { fault: 'page: kill -9 of the browser', harm: killBrowser },
  { fault: 'page: reloaded', harm: async (page) => page.reload().then(() => true) },
  { fault: 'page: left for another', harm: async (page) => page.goto('about:blank').then(() => true) },
  { fault: 'page: closed', harm: async (page) => page.close().then(() => true) },
  { fault: 'page: its worker ended', harm: endWorker },
];

export interface PageLab {
  readonly url: string;
  readonly profile: string;
  readonly planPath: string;
}

/** A browser with one run, which is harmed again and again and at last let to its end. */
export interface PageRun {
  /** @returns false if the run ended first. @throws Error that says what was lost */
  harm(harm: Harm, random: Random): Promise<boolean>;
  /** @throws Error unless the run's trials are `expected`, times aside */
  finish(expected: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

export function createPageRun({ url, profile, planPath }: PageLab): PageRun {
  let browser: LabBrowser | null = null;
  let page: Page | null = null;
  const stored = new Set<string>();

  /** The page of the run, in a browser that runs; both are started anew where they are gone. */
  const current = async (): Promise<Page> => {
    if (page) return page;
    if (!browser) {
      const fresh = (browser = await openBrowser(profile));
      fresh.context.once('close', () => {
        if (browser === fresh) browser = null;
      });
    }
    const old = browser.context.pages();
    page = await openPage(browser.context, `${url}#/matrix`);
    await Promise.all(old.map((each) => each.close()));
    return page;
  };
  /** Every trial that was stored before still is, as it was. */
  const check = async (reported: number) => {
    const now = new Set(await storedTrials(await current()));
    const lost = [...stored].filter((trial) => !now.has(trial));
    promise(lost.length === 0, `${lost.length} stored trials were lost or computed again.`);
    promise(now.size >= reported, `${reported} trials were shown as finished, ${now.size} are stored.`);
    for (const trial of now) stored.add(trial);
  };

  return {
    async harm(harm, random) {
      const running = await current();
      await startRun(running, planPath);
      const early = random.next() < 0.25;
      const from = stored.size;
      const until = from + random.integer(smallPlanTrials - from);
      const waitMs = random.integer(2000);
      let shown: number | null = 0;
      if (early) await sleep(waitMs);
      else while (shown !== null && shown < until) [shown] = [await shownTrials(running), await sleep(20)];
      const reported = await shownTrials(running);
      if (reported === null) return false;
      try {
        if (await harm(running, browser!)) page = null;
        else {
          await runEnded(running);
          const alert = await running.getByRole('alert').first().textContent();
          promise(/Stored trials are safe/.test(alert ?? ''), `The page said: ${alert}`);
        }
      } catch (error) {
        page = null;
        throw error;
      }
      await check(reported);
      return true;
    },
    async finish(expected) {
      const running = await current();
      await startRun(running, planPath);
      await runEnded(running);
      await check(smallPlanTrials);
      const lines = withoutTimes(await exportedLines(running));
      promise(
        lines.join('\n') === expected.join('\n'),
        `The ${lines.length} exported trials differ from those of an undisturbed run.`,
      );
      await removeRun(running);
      stored.clear();
    },
    async close() {
      await browser?.context.close();
    },
  };
}
