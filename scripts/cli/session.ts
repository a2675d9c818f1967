/** @file Opens the built app in a headless browser, where the command line can call the lab client of its page. */
import type { Page } from 'playwright-core';
import type { DeviceKind } from '../../src/lab/records/run.ts';
import type { ReplaySource } from '../../src/lab/trials/replay.ts';
import { dist, ensureBuilt } from '../build.ts';
import { ensureChromium, launch } from '../chromium.ts';
import { serve } from '../serve.ts';
import { CommandError, valueOf } from './failure.ts';

export interface Session {
  readonly page: Page;
  close(): Promise<void>;
}

/** The browser can reach only the local server, whatever the page asks for. */
const sealedNetwork = '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1';

/** What the page of a session can call. */
export interface SessionHandlers {
  /** Takes each value that the page passes to `gloveboxEvent`. */
  readonly onEvent: (event: unknown) => void;
  /** Keeps finished trials, one line of JSON each; what it throws ends the run. Default: there is no run. */
  readonly keep?: (lines: readonly string[]) => void;
  /** A trial that is kept, as a line of JSON. */
  readonly trial?: (place: number) => string | null;
}

async function openSession(device: DeviceKind, { onEvent, keep, trial }: SessionHandlers): Promise<Session> {
  await ensureBuilt();
  const server = await serve({ folder: dist, port: 0, headers: true });
  const gpu = device === 'webgpu' ? 'hardware' : 'none';
  const browser = await launch(ensureChromium(), gpu, [sealedNetwork]);
  const close = async () => {
    await browser.close();
    await server.close();
  };
  try {
    const page = await browser.newPage();
    page.on('pageerror', (error) => console.error(`page: ${error.message}`));
    await page.exposeFunction('gloveboxEvent', onEvent);
    if (keep) await page.exposeFunction('gloveboxKeep', keep);
    if (trial) await page.exposeFunction('gloveboxTrial', trial);
    await page.goto(`${server.url}?cli`);
    await page.waitForFunction(() => globalThis.glovebox !== undefined);
    valueOf(await page.evaluate((kind) => globalThis.glovebox!.useDevice(kind), device));
    return { page, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Do `work` in a session. @throws CommandError with exit code 1 if the browser ends first */
export async function inSession<T>(
  device: DeviceKind,
  handlers: SessionHandlers,
  work: (page: Page) => Promise<T>,
): Promise<T> {
  const session = await openSession(device, handlers);
  const browserEnd = new Promise<never>((_, reject) => {
    const fail = () => reject(new CommandError(1, 'The browser ended before the work was done.'));
    session.page.once('crash', fail).once('close', fail);
  });
  try {
    return await Promise.race([work(session.page), browserEnd]);
  } finally {
    browserEnd.catch(() => {}); // closing the browser here is no failure
    await session.close();
  }
}

/** Characters per message; the browser refuses messages of more than some tens of megabytes. */
const charactersPerMessage = 2 ** 23;

/** Send the results of attacks to the page, for its next run. */
export async function addSources(page: Page, sources: readonly ReplaySource[]): Promise<void> {
  let lines: string[] = [];
  let characters = 0;
  const send = async () => {
    await page.evaluate((text) => globalThis.glovebox!.addSources(text), lines.join('\n'));
    [lines, characters] = [[], 0];
  };
  for (const source of sources) {
    const line = JSON.stringify(source);
    lines.push(line);
    characters += line.length;
    if (characters >= charactersPerMessage) await send();
  }
  if (lines.length > 0) await send();
}
