import { expect, test } from 'vitest';
import { progressMeter } from '../../../src/models/import/progress.ts';

test('speed and time left are told once there is something to tell them by', () => {
  let now = 0;
  const meter = progressMeter(1000, () => now);
  now = 100;
  expect(meter(1)).toEqual({ loadedBytes: 1, totalBytes: 1000, bytesPerSecond: null, secondsLeft: null });
  now = 2000;
  expect(meter(199)).toMatchObject({ bytesPerSecond: 100, secondsLeft: 8 });
});

test('the speed is that of the last seconds, and at the end no time is left', () => {
  let now = 0;
  const meter = progressMeter(1000, () => now);
  now = 10_000;
  meter(100);
  now = 11_000;
  meter(100);
  now = 15_001;
  const { bytesPerSecond, secondsLeft } = meter(500);
  expect([bytesPerSecond! / 120, secondsLeft! * 120]).toEqual([expect.closeTo(1, 3), expect.closeTo(300, 0)]);
  expect(meter(300)).toMatchObject({ loadedBytes: 1000, secondsLeft: 0 });
});
