import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askSeal, openSite, visit, waitForControl, type Site } from './site.ts';

describe('on plain static hosting, without any headers', () => {
  let site: Site;
  beforeAll(async () => {
    site = await openSite({ headers: false });
  });
  afterAll(() => site.close());

  test('the page becomes cross-origin isolated after exactly one reload', async () => {
    const { context, page } = await visit(site.browser);
    let loads = 0;
    page.on('load', () => loads++);
    await page.goto(site.server.url);
    await waitForControl(page);
    await page.waitForTimeout(2_000);
    expect(loads).toBe(2);
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    await context.close();
  });

  test('after a forced reload, which bypasses the service worker, the page is isolated again and does not loop', async () => {
    const { context, page } = await visit(site.browser);
    await page.goto(site.server.url);
    await waitForControl(page);
    let loads = 0;
    page.on('load', () => loads++);
    const session = await context.newCDPSession(page);
    await session.send('Page.reload', { ignoreCache: true });
    await page.waitForTimeout(3_000);
    expect(loads).toBeLessThanOrEqual(2);
    await waitForControl(page);
    await context.close();
  });

  test('a browser set to bypass service workers is reloaded at most once', async () => {
    const { context, page } = await visit(site.browser);
    let loads = 0;
    page.on('load', () => loads++);
    const session = await context.newCDPSession(page);
    await session.send('Network.enable');
    await session.send('Network.setBypassServiceWorker', { bypass: true });
    await page.goto(site.server.url);
    await page.waitForTimeout(3_000);
    expect(loads).toBeLessThanOrEqual(2);
    await context.close();
  });

  test('with the server gone the page reloads and every file of the app is still there', async () => {
    const own = await openSite({ headers: false });
    const { page, complaints } = await visit(own.browser);
    await page.goto(own.server.url);
    await waitForControl(page);
    await askSeal(page, { type: 'fill', webgpu: true });
    const { stored, total } = await askSeal(page, { type: 'status' });
    expect(stored).toBe(total);
    await own.server.close();
    await page.reload();
    await waitForControl(page);
    expect(await page.title()).toContain('Glovebox');
    expect(complaints).toEqual([]);
    await own.close();
  });

  test('a file that the app does not have is a 404 with the server gone, not a network error', async () => {
    const own = await openSite({ headers: false });
    const { page } = await visit(own.browser);
    await page.goto(own.server.url);
    await waitForControl(page);
    await own.server.close();
    const status = await page.evaluate(async () => (await fetch('models/no-such-model/config.json')).status);
    expect(status).toBe(404);
    await own.close();
  });
});

describe('on hosting with headers', () => {
  const fetchFile = (url: string) => fetch(url).then(({ status }) => status, String);
  let site: Site;
  beforeAll(async () => {
    site = await openSite({ headers: true });
  });
  afterAll(() => site.close());

  test.each(['https://example.org/', 'https://huggingface.co/'])(
    '%s is refused by the content security policy',
    async (address) => {
      const { context, page, complaints } = await visit(site.browser);
      await page.goto(site.server.url);
      await waitForControl(page);
      expect(await page.evaluate(fetchFile, address)).toContain('TypeError');
      expect(complaints.join('\n')).toContain('Content Security Policy');
      await context.close();
    },
  );

  test('a page cannot be framed, and scripts written into the page do not run', async () => {
    const { context, page } = await visit(site.browser);
    await page.goto(site.server.url);
    const ran = await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'globalThis.injected = true';
      document.body.append(script);
      return 'injected' in globalThis;
    });
    expect(ran).toBe(false);
    const response = await page.request.get(site.server.url);
    expect(response.headers()['content-security-policy']).toContain("frame-ancestors 'none'");
    await context.close();
  });
});
