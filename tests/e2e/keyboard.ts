/** @file The keyboard as one uses it who has nothing else, and a page that never loses sight of such a reader. */
import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';

const isFocused = (control: Locator) => control.evaluate((element) => element === document.activeElement);

/** Press Tab until `control` has the focus. */
export async function tabTo(page: Page, control: Locator): Promise<void> {
  await control.waitFor();
  for (let presses = 0; presses < 80 && !(await isFocused(control)); presses++)
    await page.keyboard.press('Tab');
  expect(await isFocused(control), `the focus on ${control.toString()}`).toBe(true);
}

/** What has the focus is on the page: not lost, so that the next key would begin at the top. */
export const expectFocus = (page: Page): Promise<void> =>
  expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).not.toBe('BODY');
