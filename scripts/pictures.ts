/**
 * @file Takes the pictures of the pages for the documents (docs/pages.md), from the built app in Chromium:
 * `npm run pictures`, or with names of pages for some of them. Each shows the page at work, on bundled models.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { dist, ensureBuilt, root } from './build.ts';
import { ensureChromium, launch } from './chromium.ts';
import { pagesInPictures, pictureOf, type PictureOf } from './pictures/pages.ts';
import { serve } from './serve.ts';

const size = { width: 1280, height: 800 };
/** A machine may be busy. */
const patience = 120_000;

/** The window as WebP, a third of the size of PNG. */
async function shoot(page: Page, converter: Page): Promise<Buffer> {
  const png = (await page.screenshot()).toString('base64');
  const webp = await converter.evaluate(async (base64) => {
    const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${base64}`)).blob());
    const canvas = new OffscreenCanvas(image.width, image.height);
    canvas.getContext('2d')!.drawImage(image, 0, 0);
    const blob = await canvas.convertToBlob({ type: 'image/webp', quality: 0.9 });
    return Array.from(new Uint8Array(await blob.arrayBuffer()));
  }, png);
  return Buffer.from(webp);
}

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in pagesInPictures));
if (unknown.length > 0)
  throw new Error(
    `No page is called ${unknown.join(', ')}. Pages: ${Object.keys(pagesInPictures).join(', ')}.`,
  );

await ensureBuilt();
const server = await serve({ folder: dist, port: 0, headers: true });
const browser = await launch(ensureChromium(), 'none');
try {
  const context = await browser.newContext({ viewport: size, colorScheme: 'light', reducedMotion: 'reduce' });
  // The page of the app comes last: one in the background draws no frames.
  const [converter, page] = [await context.newPage(), await context.newPage()];
  page.setDefaultTimeout(patience);
  let bytes = 0;
  for (const [name, { hash, prepare }] of Object.entries<PictureOf>(pagesInPictures)) {
    if (asked.length > 0 && !asked.includes(name)) continue;
    try {
      await page.goto(server.url + hash);
      await page.locator('main > :visible').first().waitFor();
      await prepare(page);
      const picture = await shoot(page, converter);
      await writeFile(join(root, pictureOf(name)), picture);
      bytes += picture.length;
      console.log(`${pictureOf(name)}: ${Math.round(picture.length / 1000)} KB`);
    } catch (error) {
      // The others are taken all the same.
      console.error(`${name}: ${error instanceof Error ? error.message : String(error)}`);
      process.exitCode = 1;
    }
  }
  console.log(`${Math.round(bytes / 1000)} KB in all`);
} finally {
  await browser.close();
  await server.close();
}
