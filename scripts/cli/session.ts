/** @file Opens the built app in a headless browser, where the command line can call the lab client of its page. */
import type { Browser, Page } from 'playwright-core';
import type { DeviceKind } from '../../src/lab/records/run.ts';
import type { FolderCall } from '../../src/lab/worker/command-line-folder.ts';
import type { ReplaySource } from '../../src/lab/trials/replay.ts';
import { isImportedId } from '../../src/models/imported-id.ts';
import { precisionWords, type ChosenPrecision, type PrecisionWish } from '../../src/models/precision.ts';
import { carriedBuild, ensureBuilt, sealedBuild } from '../build.ts';
import { ensureChromium, launch } from '../chromium.ts';
import { serve } from '../serve.ts';
import { givenEndpoints } from './endpoints.ts';
import { CommandError, valueOf } from './failure.ts';
import { partsOf } from '../../src/models/adapted-entry.ts';
import { mountsFor } from './models/cache.ts';
import { checkIntact } from './models/intact.ts';
import { withTemporaryFolder } from './temporary-folder.ts';
import type { DiskFolder } from './training-folder.ts';

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
  /** Of a training. Default: there is none. */
  readonly folder?: DiskFolder;
}

/** What happens on the page of a session, and which models it may load. */
export interface SessionOptions extends SessionHandlers {
  /** What imported models are computed in. Default: `'auto'`. */
  readonly precision?: PrecisionWish | undefined;
  /** How many workers compute a run of small models. Default: `'auto'`. */
  readonly workers?: number | undefined;
  /** Ids. Those that the command line imported are served to the page. */
  readonly models: readonly string[];
}

const browserEnded = () => new CommandError(1, 'The browser ended before the work was done.');

/** @throws CommandError with what the browser said */
async function startBrowser(device: DeviceKind): Promise<Browser> {
  const path = ensureChromium();
  try {
    return await launch(path, device === 'webgpu' ? 'hardware' : 'none', [sealedNetwork]);
  } catch (error) {
    // Playwright quotes the browser's own lines after this mark, among many of its own.
    const said = (error as Error).message.split('\n').flatMap((line) => line.split('[err] ')[1] ?? []);
    throw new CommandError(1, `${path} did not start.`, said.slice(0, 5).join('\n'));
  }
}

async function openPage(
  page: Page,
  address: string,
  device: DeviceKind,
  { onEvent, keep, trial, folder, precision = 'auto', workers }: Omit<SessionOptions, 'models'>,
): Promise<void> {
  page.on('pageerror', (error) => console.error(`page: ${error.message}`));
  await page.exposeFunction('gloveboxEvent', onEvent);
  if (keep) await page.exposeFunction('gloveboxKeep', keep);
  if (trial) await page.exposeFunction('gloveboxTrial', trial);
  if (folder) await page.exposeFunction('gloveboxFolder', (call: FolderCall) => answer(folder, call));
  const endpoints = givenEndpoints();
  if (endpoints) await page.exposeFunction('gloveboxSend', endpoints.send);
  await page.goto(address);
  await page.waitForFunction(() => globalThis.glovebox !== undefined);
  await page.evaluate((wish) => globalThis.glovebox!.usePrecision(wish), precision);
  await page.evaluate((wish) => globalThis.glovebox!.useWorkers(wish), workers ?? ('auto' as const));
  valueOf(await page.evaluate((kind) => globalThis.glovebox!.useDevice(kind), device));
  if (endpoints)
    valueOf(await page.evaluate((settings) => globalThis.glovebox!.connect(settings), endpoints.settings));
}

function answer(folder: DiskFolder, [what, ...given]: FolderCall): unknown {
  return (folder[what] as (...args: readonly unknown[]) => unknown)(...given);
}

/** Do `work` in a session. @throws CommandError with exit code 1 if the browser ends first */
export const inSession = <T>(
  device: DeviceKind,
  { models, ...handlers }: SessionOptions,
  work: (page: Page) => Promise<T>,
): Promise<T> =>
  withTemporaryFolder(async () => {
    const parts = [...models].flatMap(partsOf);
    await checkIntact(parts);
    // Only the connected app holds the code that asks servers; its page, too, connects to this local server alone.
    const build = givenEndpoints() === null ? sealedBuild : carriedBuild;
    await ensureBuilt(build);
    const server = await serve({ folder: build.folder, mounts: mountsFor(parts), port: 0, headers: true });
    try {
      const browser = await startBrowser(device);
      let fail!: (error: CommandError) => void;
      const end = new Promise<never>((_, reject) => (fail = reject));
      end.catch(() => {}); // closing the browser here is no failure
      const onEnd = () => fail(browserEnded());
      browser.once('disconnected', onEnd);
      const steps = async () => {
        const page = await browser.newPage();
        page.once('crash', onEnd).once('close', onEnd);
        await openPage(page, `${server.url}?cli`, device, handlers);
        const value = await work(page);
        for (const line of precisionLines(await page.evaluate(() => globalThis.glovebox!.computing())))
          console.error(line);
        return value;
      };
      try {
        return await Promise.race([end, steps()]);
      } catch (error) {
        throw isTargetGone(error) ? browserEnded() : error;
      } finally {
        await browser.close();
      }
    } finally {
      await server.close();
    }
  });

/** Of models that the command line imported: those that ship with the app have one precision. */
const precisionLines = (computing: Readonly<Record<string, ChosenPrecision>>): readonly string[] =>
  Object.entries(computing)
    .filter(([id]) => isImportedId(id))
    .map(([id, { precision, why }]) => `${id} computed in ${precisionWords[precision]}. ${why}`);

/** True if a call failed because the page or the browser is no more. */
const isTargetGone = (error: unknown) =>
  error instanceof Error && /Target (page, context or browser has been closed|crashed)/.test(error.message);

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
