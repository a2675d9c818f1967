import { expect, test } from 'vitest';
import { startStopwatch } from '../../src/core/stopwatch.ts';

function started() {
  let time = 1000;
  return { watch: startStopwatch(() => time), wait: (ms: number) => void (time += ms) };
}

test('reads the time since the start, to the microsecond', () => {
  const { watch, wait } = started();
  wait(2.5);
  expect(watch.elapsedMs()).toBe(2.5);
  wait(1 / 3);
  expect(watch.elapsedMs()).toBe(2.833);
});

test('laps follow each other without a gap, and are shared evenly', () => {
  const { watch, wait } = started();
  wait(30);
  expect(watch.lapMs(3)).toBe(10);
  wait(5);
  expect(watch.lapMs()).toBe(5);
  expect(watch.elapsedMs()).toBe(35);
});

test('pauses count neither in the whole nor in a lap', () => {
  const { watch, wait } = started();
  wait(10);
  watch.pause();
  wait(100);
  watch.pause();
  expect(watch.elapsedMs()).toBe(10);
  watch.resume();
  watch.resume();
  wait(5);
  expect(watch.lapMs()).toBe(15);
  expect(watch.elapsedMs()).toBe(15);
});
