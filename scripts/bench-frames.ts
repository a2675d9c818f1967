/** @file `npm run bench:frames -- [--tokens n]`: measures frame times of the microscope on a long answer. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildPage } from '../bench/build.ts';
import { root } from './build.ts';
import { ensureChromium, launch } from './chromium.ts';
import { serve } from './serve.ts';

const { values } = parseArgs({ options: { tokens: { type: 'string', default: '512' } } });
const tokens = Number(values.tokens);
if (!Number.isInteger(tokens) || tokens < 2) {
  console.error('--tokens must be a whole number, 2 or more.');
  process.exit(2);
}

const folder = join(root, '.cache', 'bench-frames');
await buildPage(root, 'bench/frames.html', folder);
const server = await serve({ folder, port: 0, headers: true });
const browser = await launch(ensureChromium(), 'none');
try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 1000 } });
  page.on('pageerror', (error) => console.error(`page: ${error.message}`));
  await page.goto(`${server.url}bench/frames.html`);
  await page.waitForFunction(() => globalThis.stepThrough !== undefined);
  console.log(
    JSON.stringify(await page.evaluate((count) => globalThis.stepThrough!(count), tokens), null, 2),
  );
} finally {
  await browser.close();
  await server.close();
}
