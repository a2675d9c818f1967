import { expect, test } from 'vitest';
import { createPausePoint } from '../../../src/lab/run/pause.ts';

const { signal } = new AbortController();
const soon = () => new Promise((resolve) => setTimeout(resolve, 5));

test('an open point lets pass, a closed one holds until it is opened, and the time is known', async () => {
  const point = createPausePoint();
  await point.pass(signal);
  const closed = point.pause();
  let passed = false;
  const passing = point.pass(signal).then(() => (passed = true));
  expect(await closed).toBe(true);
  await soon();
  expect(passed).toBe(false);
  point.resume();
  await passing;
  expect(point.pausedMs).toBeGreaterThan(3);
});

test('closing is in vain when the point is opened before anybody comes', async () => {
  const point = createPausePoint();
  const closed = point.pause();
  point.resume();
  expect(await closed).toBe(false);
  await point.pass(signal);
});

test('opened and closed again at once, it holds on', async () => {
  const point = createPausePoint();
  void point.pause();
  const passing = point.pass(signal);
  point.resume();
  expect(await point.pause()).toBe(true);
  point.resume();
  await passing;
});

test('whoever waits can give up', async () => {
  const point = createPausePoint();
  void point.pause();
  const controller = new AbortController();
  const passing = point.pass(controller.signal);
  controller.abort();
  await expect(passing).rejects.toMatchObject({ name: 'AbortError' });
});
