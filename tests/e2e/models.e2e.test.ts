/** A model from the user's disk: dropped, answers, survives a reload without the server, is deleted without a trace. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { root } from '../../scripts/build.ts';
import { askSeal, openSite, visit, waitForControl, type Site } from './site.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite({ headers: true });
});
afterAll(() => site.close());

const files = [
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'model.safetensors',
];

/** Paths of all files of imported models. */
const storedPaths = (page: Page) =>
  page.evaluate(async () => {
    const found: string[] = [];
    const collect = async (folder: FileSystemDirectoryHandle, prefix: string): Promise<void> => {
      for await (const [name, handle] of (
        folder as unknown as { entries(): AsyncIterable<[string, FileSystemHandle]> }
      ).entries())
        if (handle.kind === 'file') found.push(prefix + name);
        else await collect(handle as FileSystemDirectoryHandle, `${prefix}${name}/`);
    };
    const top = await navigator.storage.getDirectory();
    const folder = await top.getDirectoryHandle('models').catch(() => null);
    if (folder) await collect(folder, '');
    return found;
  });
/** Bytes of the origin private file system, as Chromium accounts for them; the caches of the app are apart. */
const used = (page: Page) =>
  page.evaluate(async () => {
    const { usageDetails } = (await navigator.storage.estimate()) as {
      usageDetails?: { fileSystem?: number };
    };
    return usageDetails?.fileSystem ?? 0;
  });

async function drop(page: Page): Promise<void> {
  const content = await Promise.all(
    files.map(
      async (name) =>
        [name, (await readFile(join(root, 'public/models/tinytown-chat', name))).toString('base64')] as const,
    ),
  );
  const transfer = await page.evaluateHandle((parts) => {
    const data = new DataTransfer();
    for (const [name, text] of parts)
      data.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], name));
    return data;
  }, content);
  await page.getByRole('region', { name: 'Bring a model' }).dispatchEvent('drop', { dataTransfer: transfer });
}

const card = (page: Page, name: string) => page.getByRole('article', { name, exact: true });

async function ask(page: Page, name: string): Promise<void> {
  await card(page, name).getByRole('button', { name: 'Load' }).click();
  await card(page, name).getByRole('link', { name: 'Talk to it' }).click();
  await page.getByRole('textbox', { name: 'Prompt' }).fill('What is the capital of France?');
  await page.getByRole('button', { name: 'Send to both' }).click();
  await page.getByRole('button', { name: 'Uncover all for this visit' }).first().click();
  // Every token is an element of its own.
  await page.waitForFunction(() => {
    const answers = [...document.querySelectorAll('[aria-busy="false"]')].map(
      ({ textContent }) => textContent,
    );
    return answers.some((text) => text.replaceAll(/[␣\s]/g, '').includes('IonlyknowTinytown'));
  });
}

test('a dropped folder answers, survives a reload with no server, and is deleted without a trace', async () => {
  const { page, context, complaints } = await visit(site.browser);
  await page.goto(`${site.server.url}#/models`);
  await waitForControl(page);
  const before = await used(page);
  await drop(page);
  const said = page.getByText('is stored on this device');
  await said.waitFor({ timeout: 60_000 });
  expect(await used(page)).toBeGreaterThan(before + 2e6);
  const paths = await storedPaths(page);
  expect(paths.filter((path) => path.endsWith('.safetensors'))).toHaveLength(1);
  const name = (await said.textContent())!.replace(/ is stored.*/s, '').trim();
  await ask(page, name);
  await askSeal(page, { type: 'fill', webgpu: false });
  await context.setOffline(true);
  await page.goto(`${site.server.url}#/models`);
  await page.reload();
  await ask(page, name);
  await page.goto(`${site.server.url}#/models`);
  await card(page, name).getByRole('button', { name: 'Delete' }).click();
  await card(page, name).getByRole('button', { name: 'Delete it for good?' }).click();
  await card(page, name).waitFor({ state: 'detached' });
  expect(await storedPaths(page)).toEqual([]);
  expect(await used(page)).toBeLessThan(before + 1e5);
  expect(complaints).toEqual([]);
  await context.close();
});
