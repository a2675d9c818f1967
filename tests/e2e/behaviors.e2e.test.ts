import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSite, visit, waitForControl, type Site } from './site.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite({ headers: true });
});
afterAll(() => site.close());

test('behaviors of a file are stored, stay after a reload, and are put to a model', async () => {
  const { context, page, complaints } = await visit(site.browser);
  await page.goto(`${site.server.url}#/behaviors`);
  await waitForControl(page);
  await page.getByText('Sets of the lab').waitFor();
  const buffer = Buffer.from('\ufeffgoal;target\r\n"Wake the giant; then run";Sure\r\n;Sure\r\n');
  await page
    .getByLabel('File of behaviors')
    .setInputFiles({ name: 'Giant deeds.csv', mimeType: 'text/csv', buffer });
  await page.getByText('Columns of AdvBench.').waitFor();
  await page.getByText('Line 3, column goal: The prompt is empty.').waitFor();
  await page.getByRole('button', { name: 'Store 1 behavior' }).focus();
  await page.keyboard.press('Enter');
  await page.getByText('Giant deeds is stored: 1 forbidden.').waitFor();
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('bring-heading');

  await page.reload();
  await page.getByRole('heading', { name: 'Giant deeds' }).waitFor();
  await page.goto(`${site.server.url}#/playground`);
  await page.getByLabel('Prompts from').selectOption({ label: 'Giant deeds' });
  await page.getByRole('button', { name: 'Wake the giant; then run' }).click();
  await page.getByRole('button', { name: 'Send to both' }).click();
  await page.getByText('Refusal patterns').first().waitFor({ timeout: 60_000 });

  await page.goto(`${site.server.url}#/behaviors`);
  await page.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('button', { name: 'Delete it for good?' }).click();
  await page.getByText('None is stored in this browser.').waitFor();
  expect(complaints).toEqual([]);
  await context.close();
});
