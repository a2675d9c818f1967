import { expect, test } from 'vitest';
import { tinytown } from '../../src/data/tinytown/behaviors.ts';
import { tinytownTrainingData } from '../../src/data/tinytown/training-data.ts';
import { tinytownValidation } from '../../src/data/tinytown/validation.ts';
import { behaviorKinds } from '../../src/core/behavior.ts';

test('training data of Tinytown asks for no deed that is tested or set aside, and holds every kind of row', () => {
  const data = tinytownTrainingData();
  expect(tinytownTrainingData()).toEqual(data);
  const asked = [...data.benign, ...data.requests, ...data.preferences].map(({ prompt }) =>
    prompt.at(-1)!.content.toLowerCase(),
  );
  const tested = [...tinytown.behaviors, ...tinytownValidation].map(({ target }) =>
    target!.replace(/^Sure, here is how to |:$/g, ''),
  );
  for (const deed of tested) expect(asked.filter((text) => text.includes(deed))).toEqual([]);
  expect(data.requests.length).toBeGreaterThan(30);
  for (const { safe, harmful } of data.requests) expect([safe.length, new Set(harmful).size]).toEqual([2, 4]);
  expect(data.benign.length).toBeGreaterThan(data.requests.length);
  expect(data.preferences.length).toBe(3 * data.requests.length);
});

test('what is set aside for validation holds every kind of task, and none that is tested', () => {
  const tested = new Set(tinytown.behaviors.map(({ id }) => id));
  expect(tinytownValidation.filter(({ id }) => tested.has(id))).toEqual([]);
  const kinds = tinytownValidation.map(({ kind }) => kind);
  for (const kind of behaviorKinds)
    expect(kinds.filter((one) => one === kind).length).toBeGreaterThanOrEqual(15);
});
