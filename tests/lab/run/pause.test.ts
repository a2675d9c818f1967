import { expect, test } from 'vitest';
import { createPausePoint } from '../../../src/lab/run/pause.ts';

const { signal } = new AbortController();
const soon = () => new Promise((resolve) => setTimeout(resolve, 5));

test('an open gate lets pass, a closed one holds until it is opened, and the time is known', async () => {
  const gate = createPausePoint();
  await gate.pass(signal);
  const closed = gate.close();
  let passed = false;
  const passing = gate.pass(signal).then(() => (passed = true));
  expect(await closed).toBe(true);
  await soon();
  expect(passed).toBe(false);
  gate.open();
  await passing;
  expect(gate.heldMs).toBeGreaterThan(3);
});

test('closing is in vain when the gate is opened before anybody comes', async () => {
  const gate = createPausePoint();
  const closed = gate.close();
  gate.open();
  expect(await closed).toBe(false);
  await gate.pass(signal);
});

test('opened and closed again at once, it holds on', async () => {
  const gate = createPausePoint();
  void gate.close();
  const passing = gate.pass(signal);
  gate.open();
  expect(await gate.close()).toBe(true);
  gate.open();
  await passing;
});

test('whoever waits can give up', async () => {
  const gate = createPausePoint();
  void gate.close();
  const controller = new AbortController();
  const passing = gate.pass(controller.signal);
  controller.abort();
  await expect(passing).rejects.toMatchObject({ name: 'AbortError' });
});
