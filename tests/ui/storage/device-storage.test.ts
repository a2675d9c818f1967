import { expect, test, vi } from 'vitest';
import { DeviceStorage } from '../../../src/ui/storage/device-storage.svelte.ts';

test('tells used and free room, and whether it is kept', async () => {
  const storage = new DeviceStorage({
    estimate: async () => ({ usage: 100e6, quota: 150e6 }),
    persisted: async () => false,
  });
  await storage.look();
  expect(storage).toMatchObject({ usedBytes: 100e6, freeBytes: 50e6, isKept: false, isTight: true });
});

test('asks the browser to keep what is stored once per visit', async () => {
  let kept = false;
  const persist = vi.fn(async () => (kept = true));
  const storage = new DeviceStorage({ persist, persisted: async () => kept });
  await storage.look();
  expect(storage.isKept).toBe(false);
  await storage.keep();
  await storage.keep();
  expect(storage.isKept).toBe(true);
  expect(persist).toHaveBeenCalledTimes(1);
});

test('a browser that says nothing is no failure', async () => {
  const storage = new DeviceStorage(undefined);
  await storage.keep();
  expect(storage).toMatchObject({ usedBytes: null, freeBytes: null, isKept: null, isTight: false });
});
