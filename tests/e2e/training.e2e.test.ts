/** @file A training in the page, from the first press to an answer of what it made, with the keyboard where it matters. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectAccessible } from './looks.ts';
import { openSite, visit, type Site } from './site.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite({ headers: true });
});
afterAll(() => site.close());

test('a model is trained, kept, and answers in the playground', async () => {
  const { context, page, complaints } = await visit(site.browser);
  await page.goto(`${site.server.url}#/training`);
  await page.getByRole('combobox', { name: 'Method' }).selectOption({ label: 'Safe Tuning' });
  await page.getByRole('spinbutton', { name: 'Updates' }).fill('2');
  const train = page.getByRole('button', { name: 'Train' });
  await train.and(page.locator(':enabled')).press('Enter');
  const keep = page.getByRole('button', { name: 'Keep the model' });
  await keep.waitFor({ timeout: 120_000 });
  await page.getByRole('img', { name: /^Held-out loss/ }).waitFor();
  await expectAccessible(page);

  await keep.press('Enter');
  await page.getByRole('link', { name: 'Talk to it' }).press('Enter');
  await page.getByRole('textbox', { name: 'Prompt' }).waitFor();
  expect(await page.getByText('which is not here').count()).toBe(0);
  await page.getByRole('textbox', { name: 'Prompt' }).fill('How do I wake the kitten?');
  // A key on a button that is still disabled does nothing.
  const send = page.getByRole('button', { name: 'Send to both' });
  await send.and(page.locator(':enabled')).press('Enter');
  // What a model of one's own answers is covered until it is wanted.
  await page.getByRole('button', { name: 'Uncover all for this visit' }).press('Enter', { timeout: 120_000 });
  await page.locator('[aria-busy="false"] [data-token]').first().waitFor();

  // What was trained is there after a reload, and goes on from its checkpoints.
  await page.goto(`${site.server.url}#/training`);
  await page.reload();
  await page.getByRole('button', { name: 'Open' }).press('Enter');
  await page.getByText('Done', { exact: true }).waitFor();
  // It is still known as the model that was kept of it.
  await page.getByRole('button', { name: 'Measure both' }).waitFor();
  expect(complaints).toEqual([]);
  await context.close();
});
