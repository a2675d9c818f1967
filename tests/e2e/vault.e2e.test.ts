/** @file All levels of the Vault on a phone in the dark, with the keyboard alone and with no server. */
import AxeBuilder from '@axe-core/playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { levels } from '../../src/lab/vault/levels.ts';
import { winning } from '../lab/vault/winning.ts';
import { tabTo } from './keyboard.ts';
import { expectFits } from './looks.ts';
import { openPhone, type Phone } from './phone.ts';

let phone: Phone;
beforeAll(async () => {
  phone = await openPhone('#/vault');
});
afterAll(() => phone.close());

test('every vault is opened, one after the other, and all are open after a reload', async () => {
  const { page, at, complaints } = phone;
  const opened = page.getByRole('heading', { name: 'The vault is open' });
  for (const [index, level] of levels.entries()) {
    const heading = page.getByRole('heading', { name: level.title });
    if (index > 0) await heading.and(page.locator(':focus')).waitFor();
    // The page asks plainly by itself, and the guard declines.
    else await page.getByText('No true step was said.').first().waitFor({ timeout: 60_000 });
    await tabTo(page, page.getByRole('textbox', { name: 'Your words to the guard' }));
    await page.keyboard.type(winning(level)[0]!);
    await page.keyboard.press('Enter');
    await opened.and(page.locator(':focus')).waitFor({ timeout: 60_000 });
    await page.getByText('It took 1 try.').waitFor();
    await expectFits(page);
    if (index === 0) {
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id }) => id)).toEqual([]);
    }
    if (index === levels.length - 1) break;
    await tabTo(page, page.getByRole('link', { name: 'Next level' }));
    await page.keyboard.press('Enter');
  }
  await page.getByText('All eight vaults are open.').waitFor();

  await page.reload();
  await page.getByRole('heading', { name: '8 of 8 open' }).waitFor();
  await page.goto(at('#/vault?level=level-1'));
  await opened.waitFor();
  expect(complaints).toEqual([]);
});
