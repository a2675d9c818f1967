import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, test } from 'vitest';
import { pagesInPictures, pictureOf } from '../../scripts/pictures/pages.ts';

test('the document on the pages shows a picture of each', () => {
  const shown = readFileSync('docs/pages.md', 'utf8');
  const missing = Object.keys(pagesInPictures).filter(
    (page) => !shown.includes(`(images/${basename(pictureOf(page))})`),
  );
  expect(missing).toEqual([]);
});
