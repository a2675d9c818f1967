import { openSite, visit, waitForControl } from '/tmp/wt/seal/tests/e2e/site.ts';
import { openStubHub } from '/tmp/wt/seal/tests/e2e/stub-hub.ts';
import { build } from 'vite';
const hub = await openStubHub();
const site = await openSite({ headers: false, args: hub.chromiumArgs });
const out = await build({ configFile: false, logLevel: 'error', build: { write: false, lib: { entry: '/tmp/wt/seal/src/lab/seal/page-channels.ts', formats: ['iife'], name: 'ch' } } }) as any;
const code = (Array.isArray(out) ? out[0] : out).output[0].code.replace(/^var ch\s*=/, 'globalThis.ch=');
const { page } = await visit(site.browser);
await page.goto(site.server.url + '#/ledger'); await waitForControl(page);
await page.evaluate(code);
const titles = await page.evaluate(() => (globalThis as any).ch.channels.map((c: any) => c.title));
for (const [i, t] of titles.entries()) {
  await page.evaluate((i) => { try { Promise.resolve((globalThis as any).ch.channels[i].try(`https://c${i}.example/x`)).catch(() => {}); } catch {} }, i);
  await page.waitForTimeout(250);
}
await page.waitForTimeout(2500);
for (const c of new Set(hub.connections)) console.log(c, titles[Number(/^c(\d+)/.exec(c)?.[1])]);
console.log('requests', hub.requests.map(r=>r.host+r.url));
hub.connections.length=0;
for (const rel of ['preconnect','dns-prefetch']) await page.evaluate((rel) => { const l=document.createElement('link'); l.rel=rel; l.href=`https://${rel}.example/`; document.head.append(l); }, rel);
await page.waitForTimeout(2500); console.log('pre', hub.connections);
await site.close(); await hub.close();
