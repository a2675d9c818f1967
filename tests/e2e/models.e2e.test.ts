/** Models from the user's disk: imported, they answer, survive a reload with no network, and are deleted without a trace. */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { root } from '../../scripts/build.ts';
import { chromiumArgs, ensureChromium } from '../../scripts/chromium.ts';
import { cacheFolder } from '../../scripts/cli/models/cache.ts';
import { realModels } from '../../scripts/real-models.ts';
import { askSeal, openSite, waitForControl, type Site } from './site.ts';

let site: Site;
let context: BrowserContext;
let page: Page;
let folder: string;
const complaints: string[] = [];
beforeAll(async () => {
  site = await openSite({ headers: true });
  folder = await mkdtemp(join(tmpdir(), 'glovebox-e2e-'));
  // A profile on disk: without one, Chromium keeps the files of a site in memory.
  context = await chromium.launchPersistentContext(join(folder, 'profile'), {
    executablePath: ensureChromium(),
    args: chromiumArgs('none'),
    reducedMotion: 'reduce',
  });
  page = context.pages()[0] ?? (await context.newPage());
  page.setDefaultTimeout(120_000);
  page.on('pageerror', ({ message }) => complaints.push(message));
  page.on('console', (message) => void (message.type() === 'error' && complaints.push(message.text())));
  await openModels();
  await waitForControl(page);
});
afterAll(async () => {
  await context.close();
  await site.close();
  await rm(folder, { recursive: true });
});

const openModels = () => page.goto(`${site.server.url}#/models`);
const bringing = () => page.getByRole('region', { name: 'Bring a model' });
const bring = (...paths: string[]) => page.getByLabel('Model files').setInputFiles(paths);
const card = (name: string) => page.getByRole('article', { name, exact: true });
const press = (name: string, button: string) => card(name).getByRole('button', { name: button }).click();

/** Paths of all files of imported models. */
const storedPaths = () =>
  page.evaluate(async () => {
    type Folder = FileSystemDirectoryHandle & { entries(): AsyncIterable<[string, FileSystemHandle]> };
    const top = await navigator.storage.getDirectory();
    const open = [{ path: '', folder: (await top.getDirectoryHandle('models', { create: true })) as Folder }];
    const found: string[] = [];
    for (let at = open.pop(); at; at = open.pop())
      for await (const [name, handle] of at.folder.entries())
        if (handle.kind === 'file') found.push(at.path + name);
        else open.push({ path: `${at.path}${name}/`, folder: handle as Folder });
    return found;
  });
/** Bytes of the origin private file system, as Chromium accounts for them; the caches of the app are apart. */
const used = () =>
  page.evaluate(async () => {
    const { usageDetails } = (await navigator.storage.estimate()) as {
      usageDetails?: { fileSystem?: number };
    };
    return usageDetails?.fileSystem ?? 0;
  });

/** Load a model and ask it, until its whole answer matches. */
async function ask(name: string, answer: RegExp): Promise<void> {
  await press(name, 'Load');
  await card(name).getByRole('link', { name: 'Talk to it' }).click();
  await page.getByRole('textbox', { name: 'Prompt' }).fill('What is the capital of France?');
  await page.getByRole('button', { name: 'Send to both' }).click();
  const cover = page.getByRole('button', { name: 'Uncover all for this visit' }).first();
  const answers = page.locator('[aria-busy="false"]').filter({ hasText: answer });
  await cover.or(answers.first()).first().waitFor();
  if (await cover.isVisible()) await cover.click();
  await answers.first().waitFor();
}
/** Every token of an answer is an element of its own, with a sign for each blank. */
const words = (text: string) => new RegExp(text.split(' ').join('[␣\\s]*'));

async function reloadWithoutNetwork(): Promise<void> {
  await askSeal(page, { type: 'fill', webgpu: false });
  await context.setOffline(true);
  await openModels();
  await page.reload();
}

async function deleteWithoutTrace(name: string, before: number): Promise<void> {
  await context.setOffline(false);
  await openModels();
  await press(name, 'Delete');
  await press(name, 'Delete it for good?');
  await card(name).waitFor({ state: 'detached' });
  expect(await storedPaths()).toEqual([]);
  expect(await used()).toBeLessThan(before + 1e5);
}

/** Drop the bundled chat model as a folder from a hub: the graph is the importer's. */
async function dropFolder(): Promise<void> {
  const names = ['config', 'generation_config', 'tokenizer', 'tokenizer_config'].map(
    (name) => `${name}.json`,
  );
  const parts = await Promise.all(
    [...names, 'model.safetensors'].map(async (name) => {
      const content = await readFile(join(root, 'public/models/tinytown-chat', name));
      return [name, content.toString('base64')] as const;
    }),
  );
  const dataTransfer = await page.evaluateHandle((files) => {
    const data = new DataTransfer();
    for (const [name, text] of files)
      data.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], name));
    return data;
  }, parts);
  await bringing().dispatchEvent('drop', { dataTransfer });
}

const oneKnown = words('I only know Tinytown');

test('a dropped folder is stored once, comes back from its export, answers with no server, and is deleted', async () => {
  const before = await used();
  await dropFolder();
  await bringing().getByText('is stored on this device').waitFor();
  expect(await used()).toBeGreaterThan(before + 2e6);
  expect((await storedPaths()).filter((path) => path.endsWith('.safetensors'))).toHaveLength(1);
  await dropFolder();
  await bringing().getByText('nothing was added').waitFor();

  const name = 'Imported model';
  const text = await card(name).textContent();
  const download = page.waitForEvent('download');
  await press(name, 'Export');
  const zip = join(folder, 'model.zip');
  await (await download).saveAs(zip);
  await deleteWithoutTrace(name, before);
  await bring(zip);
  await card(name).waitFor();
  const hashes = (content: string | null) => content?.match(/[0-9a-f]{64}/g);
  expect(hashes(await card(name).textContent())).toEqual(hashes(text));

  await reloadWithoutNetwork();
  await ask(name, oneKnown);
  await deleteWithoutTrace(name, before);
  expect(complaints).toEqual([]);
});

const smollm2 = join(cacheFolder(), realModels.find(({ id }) => id === 'smollm2')!.file);

test('a file that is cut is refused at its place, and nothing is stored', async () => {
  const header = Buffer.from('GGUF\u0003\0\0\0\u0001\0\0\0\0\0\0\0\u0005\0\0\0\0\0\0\0', 'latin1');
  await page
    .getByLabel('Model files')
    .setInputFiles({ name: 'cut.gguf', mimeType: 'application/octet-stream', buffer: header });
  await bringing()
    .getByRole('alert')
    .getByText(/cut\.gguf.*24/)
    .waitFor({ timeout: 5000 });
  expect(await storedPaths()).toEqual([]);
});

test.skipIf(!existsSync(smollm2))(
  'SmolLM2: cancelled, cut off, imported, asked with no server, deleted',
  async () => {
    const name = 'SmolLM2-135M-Instruct.Q4_1';
    const before = await used();
    const underway = async () => {
      await bring(smollm2);
      await bringing().getByText('Converting and storing').waitFor();
      await bringing().getByText('left').waitFor();
    };
    await underway();
    await bringing().getByRole('button', { name: 'Cancel the import' }).click();
    await expect.poll(storedPaths, { timeout: 20_000 }).toEqual([]);
    await underway();
    expect(await storedPaths()).not.toEqual([]);
    await page.reload();
    await expect.poll(storedPaths, { timeout: 20_000 }).toEqual([]);

    await bring(smollm2);
    await card(name).waitFor({ timeout: 120_000 });
    await reloadWithoutNetwork();
    await ask(name, words('The capital of France is Paris'));
    await deleteWithoutTrace(name, before);
    expect(complaints).toEqual([]);
  },
);
