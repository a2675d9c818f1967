/** @file Every lesson on a phone in the dark, with the keyboard alone and with no server, in one browser. */
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lessons } from '../../src/ui/lessons/content/index.ts';
import type { Lesson, Step } from '../../src/ui/lessons/lesson.ts';
import { expectFocus, tabTo } from './keyboard.ts';
import { expectFits } from './looks.ts';
import { openPhone, type Phone } from './phone.ts';

let phone: Phone;
beforeAll(async () => {
  phone = await openPhone('#/lessons');
});
afterAll(() => phone.close());

/** Those that train for most of a minute are stopped when they are seen to go on. */
const isLong = ({ activity }: Step) => activity.kind === 'train' && activity.training !== undefined;
const linkTo = (page: Page, { title }: Lesson) => page.getByRole('link', { name: title });

/** From the heading of a step, which has the focus, to what starts it. */
async function prepare(page: Page, shown: Locator, { prediction, activity }: Step) {
  if (prediction) {
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    for (const choice of Object.keys(prediction.choices)) {
      if (choice === prediction.expected) break;
      await page.keyboard.press('ArrowDown');
    }
  }
  if (activity.kind === 'plan' && activity.builds) {
    await tabTo(page, shown.getByRole('combobox', { name: 'Your defense' }));
    await page.keyboard.type('Prompt guard');
    await tabTo(page, shown.getByRole('button', { name: 'Add Prompt guard' }));
    await page.keyboard.press('Enter');
    await shown.getByRole('button', { name: 'Remove Prompt guard' }).waitFor();
    await expectFocus(page);
  }
  await tabTo(page, shown.getByRole('button', { name: /^(Ask|Measure|Start|Train)/, disabled: false }));
}

async function walk(page: Page, shown: Locator, step: Step, isDone: Locator) {
  await prepare(page, shown, step);
  await page.keyboard.press('Enter');
  if (isLong(step)) {
    await shown.getByText(/^[1-9]\d* of \d+$/).waitFor({ timeout: 60_000 });
    await tabTo(page, shown.getByRole('button', { name: 'Stop' }));
    await page.keyboard.press('Enter');
    await shown.getByRole('button', { name: /^Train/, disabled: false }).waitFor();
  } else {
    await isDone.waitFor({ timeout: 90_000 });
    if (step.prediction) await shown.getByText('As you expected.').waitFor();
  }
  await expectFocus(page);
  await expectFits(page);
}

describe('a lesson is walked to its end', () => {
  test.each(lessons.map((lesson) => [lesson.title, lesson] as const))('%s', async (_, lesson) => {
    const { page, complaints } = phone;
    const { steps } = lesson;
    // The keys that open the page of all lessons.
    await page.keyboard.press('g');
    await page.keyboard.press('e');
    await tabTo(page, linkTo(page, lesson));
    await page.keyboard.press('Enter');
    for (const [index, step] of steps.entries()) {
      const shown = page.getByRole('region', { name: `Step ${index + 1} of ${steps.length}` });
      await shown.getByRole('heading', { name: step.title }).and(page.locator(':focus')).waitFor();
      const isDone = page.getByRole('link', { name: `Step ${index + 1}: ${step.title}, done` });
      await walk(page, shown, step, isDone);
      await page.keyboard.press('j');
    }
    expect(complaints).toEqual([]);
  });
});

test('what was done is remembered after a reload', async () => {
  const { page, at } = phone;
  await page.goto(at('#/lessons'));
  await page.reload();
  for (const lesson of lessons) {
    const done = lesson.steps.filter((step) => !isLong(step)).length;
    const standing = done === lesson.steps.length ? 'Done' : `${done} of ${lesson.steps.length} steps`;
    await linkTo(page, lesson).getByText(standing).waitFor();
  }
});
