import { expect, test } from 'vitest';
import { tinytown } from '../../src/data/tinytown/behaviors.ts';
import { tinytownTrainingData } from '../../src/data/tinytown/training-data.ts';

test('training data of Tinytown asks for no deed that is tested, and holds every kind of row', () => {
  const data = tinytownTrainingData();
  expect(tinytownTrainingData()).toEqual(data);
  const asked = [...data.benign, ...data.requests, ...data.preferences].map(({ prompt }) =>
    prompt.at(-1)!.content.toLowerCase(),
  );
  const tested = tinytown.behaviors.map(({ target }) => target!.replace(/^Sure, here is how to |:$/g, ''));
  for (const deed of tested) expect(asked.filter((text) => text.includes(deed))).toEqual([]);
  expect(data.requests.length).toBeGreaterThan(40);
  for (const { safe, harmful } of data.requests) expect([safe.length, new Set(harmful).size]).toEqual([2, 4]);
  expect(data.benign.length).toBeGreaterThan(data.requests.length);
  expect(data.preferences.length).toBe(2 * data.requests.length);
});
