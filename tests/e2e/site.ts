/** @file The built app on a local server, in a real Chromium, with a list of the requests and errors of the page. */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { dist } from '../../scripts/build.ts';
import { ensureChromium, launch } from '../../scripts/chromium.ts';
import { serve, type LocalServer } from '../../scripts/serve.ts';
import type { SealAnswer, SealMessage } from '../../src/lab/seal/messages.ts';

export interface Site {
  readonly server: LocalServer;
  readonly browser: Browser;
  close(): Promise<void>;
}

export async function openSite(options: {
  readonly headers: boolean;
  /** Further flags for Chromium. */
  readonly args?: readonly string[];
}): Promise<Site> {
  const server = await serve({ folder: dist, port: 0, headers: options.headers });
  const browser = await launch(ensureChromium(), 'none', options.args);
  return {
    server,
    browser,
    async close() {
      await browser.close();
      await server.close();
    },
  };
}

export interface Visit {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Console errors, uncaught errors and policy violations, in order. */
  readonly complaints: readonly string[];
  /** URLs of every request that the page, its workers or its service worker made. */
  readonly requests: readonly string[];
}

/** A fresh profile with one empty page. @param locale language of the browser */
export async function visit(browser: Browser, locale = 'en-US'): Promise<Visit> {
  const context = await browser.newContext({ locale, reducedMotion: 'reduce' });
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  // Chromium's console is silent about some violations.
  await context.addInitScript(() =>
    document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) =>
      console.error(`policy: ${effectiveDirective} ${blockedURI}`),
    ),
  );
  context.on('request', (request) => requests.push(request.url()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  return { context, page, complaints, requests };
}

/** Send one message to the service worker that controls `page`. */
export const askSeal = <M extends SealMessage>(page: Page, message: M): Promise<SealAnswer<M['type']>> =>
  page.evaluate(
    (value) =>
      new Promise<never>((resolve, reject) => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = ({ data }) => resolve(data as never);
        const controller = navigator.serviceWorker.controller;
        if (controller) controller.postMessage(value, [port2]);
        else reject(new Error('No service worker controls the page.'));
      }),
    message,
  );

/** Wait until the service worker serves the page, which is then isolated, and the page has loaded. */
export async function waitForControl(page: Page): Promise<void> {
  const controlled = () => navigator.serviceWorker.controller !== null && crossOriginIsolated;
  await page.waitForFunction(controlled, undefined, { timeout: 90_000 }); // a machine may be busy
  await page.waitForLoadState();
}
