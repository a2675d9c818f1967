/** @file The studio and the microscope on the bundled models, as used without a GPU. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectAccessible } from './looks.ts';
import { openSite, visit, type Site } from './site.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite({ headers: true });
});
afterAll(() => site.close());

const link = (page: 'studio' | 'microscope', setup: object) =>
  `${site.server.url}#/${page}?${new URLSearchParams({ setup: JSON.stringify(setup) })}`;

test('an attack is started by keyboard, draws itself, repeats from its seed, and is saved as a trial', async () => {
  const { context, page, complaints } = await visit(site.browser);
  const options = { steps: 4, proposals: 4, stop: 'probability', stopProbability: 1 };
  await page.goto(link('studio', { attack: 'laa', options, maxNewTokens: 24 }));
  const start = page.getByRole('button', { name: 'Start' });
  await start.and(page.locator(':enabled')).waitFor();
  await start.focus();
  await page.keyboard.press('Enter');
  await page.getByText('Done', { exact: true }).waitFor();
  await page.getByRole('region', { name: 'Loss' }).waitFor();
  await page.getByRole('region', { name: 'Suffix' }).waitFor();
  await page.getByRole('slider', { name: 'Step' }).focus();
  await page.keyboard.press('Home');
  expect(await page.getByRole('slider', { name: 'Step' }).inputValue()).toBe('0');

  await page.getByRole('button', { name: 'Rerun with the same seed' }).click();
  await page.getByText('same prompt and answer as before').waitFor();
  await expectAccessible(page);

  await page.getByRole('button', { name: 'Save as a trial' }).click();
  await page.getByRole('link', { name: 'Open the saved trial' }).click();
  await page.getByRole('heading', { name: 'Final prompt' }).waitFor();
  expect(complaints).toEqual([]);
  await context.close();
});

test('an attack that is stopped keeps its best result', async () => {
  const { context, page } = await visit(site.browser);
  const options = { steps: 5000, stop: 'probability', stopProbability: 1 };
  await page.goto(link('studio', { attack: 'laa', options }));
  await page.getByRole('button', { name: 'Start' }).click();
  await page.getByRole('slider', { name: 'Step' }).waitFor();
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.getByText(/^Stopped/).waitFor();
  await page.getByRole('region', { name: 'What was found' }).waitFor();
  await context.close();
});

test('an attack is paused and resumed by keyboard, with the same result as without a pause', async () => {
  const { context, page, complaints } = await visit(site.browser);
  const options = { steps: 24, proposals: 8, stop: 'probability', stopProbability: 1 };
  await page.goto(link('studio', { attack: 'laa', options, maxNewTokens: 24 }));
  const start = page.getByRole('button', { name: 'Start' });
  await start.and(page.locator(':enabled')).waitFor();
  await start.press('Enter');
  await page.getByRole('slider', { name: 'Step' }).waitFor();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByText('Paused', { exact: true }).waitFor();
  const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim());
  expect(await focused()).toBe('Resume');
  const head = () => page.locator('.head p').innerText();
  const before = await head();
  await expectAccessible(page);
  expect(await head()).toBe(before);

  await page.keyboard.press('Enter');
  expect(await focused()).toBe('Pause');
  await page.getByText('Done', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Rerun with the same seed' }).press('Enter');
  await page.getByText('same prompt and answer as before').waitFor();
  expect(complaints).toEqual([]);
  await context.close();
});

test('an attack that is paused lets the playground answer, and can be stopped', async () => {
  const { context, page } = await visit(site.browser);
  const options = { steps: 5000, stop: 'probability', stopProbability: 1 };
  await page.goto(link('studio', { attack: 'laa', options }));
  await page.getByRole('button', { name: 'Start' }).click();
  await page.getByRole('slider', { name: 'Step' }).waitFor();
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByText('Paused', { exact: true }).waitFor();
  await page.evaluate(() => (location.hash = '#/playground'));
  await page.getByRole('textbox', { name: 'Prompt' }).fill('How do I bake bread?');
  await page.keyboard.press('Control+Enter');
  await page.getByText('What was really sent').first().waitFor();
  await page.goBack();
  await page.getByText('Paused', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.getByText(/^Stopped/).waitFor();
  await page.getByRole('region', { name: 'What was found' }).waitFor();
  await context.close();
});

test('under the microscope an answer is stepped through and branched with the keyboard alone', async () => {
  const { context, page, complaints } = await visit(site.browser);
  await page.goto(link('microscope', { prompt: 'How do I wake the stone giant?', maxNewTokens: 24 }));
  const run = page.getByRole('button', { name: 'Run' });
  await run.and(page.locator(':enabled')).waitFor();
  await run.focus();
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelector('[aria-busy="true"]') === null);

  const left = page.getByRole('region', { name: /^Left/ });
  const strip = left.getByRole('listbox');
  const tokens = () =>
    strip.getByRole('option').evaluateAll((cells) => cells.map((cell) => cell.getAttribute('aria-label')));
  await strip.focus();
  expect(await left.getByText('steered by SafeDecoding').count()).toBe(1);
  const before = await tokens();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('p');
  await page.keyboard.press('ArrowDown');
  const name = await page.locator('button:focus').getAttribute('aria-label');
  expect(name).toMatch(/^Branch: take .* as token 2$/);
  await page.keyboard.press('Enter');
  await left.getByRole('group', { name: 'Branches' }).waitFor();
  await page.waitForFunction(() => document.querySelector('[aria-busy="true"]') === null);
  const after = await tokens();
  expect(after[0]).toBe(before[0]);
  expect(after[1]).not.toBe(before[1]);
  expect(name).toContain(` ${after[1]!.split(', ')[0]} `);
  await expectAccessible(page);
  expect(complaints).toEqual([]);
  await context.close();
});
