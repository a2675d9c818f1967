/** @file What each page does before its picture is taken. */
import type { Page } from 'playwright-core';
import type { PageName } from '../../src/ui/links/routes.ts';

export interface PictureOf {
  readonly hash: string;
  /** Until there is something to see. */
  readonly prepare: (page: Page) => Promise<void>;
}

/** Where a picture is kept, relative to the repository. */
export const pictureOf = (page: string): string => `docs/images/${page}.webp`;

const heading = (name: string | RegExp) => (page: Page) =>
  page.getByRole('heading', { name }).first().waitFor();
const answered = async (page: Page) => {
  await page.locator('[data-token], [role="option"]').first().waitFor();
  await page.waitForFunction(() => document.querySelector('[aria-busy="true"]') === null);
};
const pressed = async (page: Page, name: string | RegExp) => {
  await page.getByRole('button', { name }).and(page.locator(':enabled')).first().click();
};

/** The matrix with the run of the first page, which has the first place in this browser. */
async function matrixOfFirstPage(page: Page) {
  await page.getByLabel('Runs on this device').selectOption({ index: 1 });
  await page.getByRole('region', { name: 'Export the results' }).waitFor();
}

export const pagesInPictures: Readonly<Record<Exclude<PageName, 'missing'>, PictureOf>> = {
  home: {
    hash: '#/',
    prepare: async (page) => {
      await page.getByText(/^([1-9]\d*) of \1 trials$/).waitFor();
    },
  },
  lessons: {
    hash: '#/lessons',
    prepare: async (page) => page.getByRole('link', { name: /What alignment is/ }).waitFor(),
  },
  class: { hash: '#/class', prepare: heading('Make a class pack') },
  lesson: {
    hash: '#/lessons/safe-decoding?step=2',
    prepare: async (page) => {
      await page.getByText('At the first token', { exact: true }).click();
      await pressed(page, 'Ask with and without');
      await page.getByText(/s you expected/).waitFor();
      await page.mouse.wheel(0, -5000);
    },
  },
  playground: {
    hash: '#/playground',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Move SafeDecoding up' }).waitFor();
      await pressed(page, 'Send to both');
      await page.getByText('What was really sent').nth(1).waitFor();
      await page.evaluate(() => scrollTo(0, 0));
    },
  },
  studio: {
    hash: '#/studio',
    prepare: async (page) => {
      await page.getByLabel('Model under attack').selectOption('tinytown-hard');
      await page.getByLabel('Attack', { exact: true }).selectOption('random-search');
      await pressed(page, /^Start/);
      await page.getByRole('region', { name: 'Result', exact: true }).waitFor();
      await page.evaluate(() => scrollTo(0, 0));
    },
  },
  microscope: { hash: '#/microscope', prepare: answered },
  matrix: { hash: '#/matrix', prepare: matrixOfFirstPage },
  trial: {
    hash: '#/matrix',
    prepare: async (page) => {
      await matrixOfFirstPage(page);
      await page.getByRole('button', { name: /^Assistant prefix against SafeDecoding/ }).click();
      await page.locator('dialog ol a').first().click();
      await page.locator('ol.chain').waitFor();
    },
  },
  training: { hash: '#/training', prepare: heading('Change a model, and see what it is worth') },
  insight: { hash: '#/insight', prepare: heading('How harmful each token reads') },
  vault: {
    hash: '#/vault',
    prepare: async (page) => {
      await page.getByText('No true step was said.').first().waitFor();
    },
  },
  methods: { hash: '#/methods', prepare: heading(/^Attacks/) },
  method: { hash: '#/methods/defense/safe-decoding', prepare: heading('Measured on Tinytown') },
  behaviors: { hash: '#/behaviors', prepare: heading('Sets of the lab') },
  models: { hash: '#/models', prepare: heading('Tinytown Chat') },
  ledger: {
    hash: '#/ledger',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Test the seal' }).waitFor();
      await page.locator('summary').first().click();
    },
  },
  docs: { hash: '#/docs', prepare: heading('Start') },
  about: { hash: '#/about', prepare: heading('What runs where') },
};
