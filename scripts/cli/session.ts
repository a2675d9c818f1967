/** @file The built app in a headless browser of its own, with the lab client of its page within reach. */
import type { Page } from 'playwright-core';
import type { DeviceKind } from '../../src/lab/records/run.ts';
import { trialsJsonl } from '../../src/lab/records/export.ts';
import type { TrialRecord } from '../../src/lab/records/trial.ts';
import { dist, ensureBuilt } from '../build.ts';
import { ensureChromium, launch } from '../chromium.ts';
import { serve } from '../serve.ts';
import { CommandError, valueOf } from './failure.ts';

export interface Session {
  readonly page: Page;
  close(): Promise<void>;
}

/** Nothing but the local server can be reached, whatever the page asks for. */
const sealedNetwork = '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1';

/** @param onEvent called with what the page passes to `gloveboxEvent` */
async function openSession(device: DeviceKind, onEvent: (event: unknown) => void): Promise<Session> {
  await ensureBuilt();
  const served = await serve({ folder: dist, port: 0, headers: true });
  const gpu = device === 'webgpu' ? 'hardware' : 'none';
  const browser = await launch(ensureChromium(), gpu, [sealedNetwork]);
  const close = async () => {
    await browser.close();
    await served.close();
  };
  try {
    const page = await browser.newPage();
    page.on('pageerror', (error) => console.error(`page: ${error.message}`));
    await page.exposeFunction('gloveboxEvent', onEvent);
    await page.goto(`${served.url}?cli`);
    await page.waitForFunction(() => globalThis.glovebox !== undefined);
    valueOf(await page.evaluate((kind) => globalThis.glovebox!.useDevice(kind), device));
    return { page, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Do `work` in a session. A browser that goes away ends it with exit code 1. */
export async function inSession<T>(
  device: DeviceKind,
  onEvent: (event: unknown) => void,
  work: (page: Page) => Promise<T>,
): Promise<T> {
  const session = await openSession(device, onEvent);
  const gone = new Promise<never>((_, reject) => {
    const fail = () => reject(new CommandError(1, 'The browser ended before the work was done.'));
    session.page.once('crash', fail).once('close', fail);
  });
  try {
    return await Promise.race([work(session.page), gone]);
  } finally {
    gone.catch(() => {}); // closing the browser ourselves is no failure
    await session.close();
  }
}

/** Trials that travel in one message; the browser takes no message of more than some tens of megabytes. */
const atOnce = 250;

/** Hand trials to the page, for its next restore or run. */
export async function bring(page: Page, records: readonly TrialRecord[]): Promise<void> {
  for (let first = 0; first < records.length; first += atOnce) {
    const lines = trialsJsonl(records.slice(first, first + atOnce));
    await page.evaluate((sent) => globalThis.glovebox!.addTrials(sent), lines);
  }
}
