import { afterEach, expect, test, vi } from 'vitest';
import { possibleThreads } from '../../src/core/threads.ts';

afterEach(() => vi.unstubAllGlobals());

test.each([
  [true, true, 8],
  [true, false, 1],
  [false, true, 1],
])('isolated: %s, and memory can be shared: %s, makes %i of 8 threads', (isolated, shares, threads) => {
  vi.stubGlobal('crossOriginIsolated', isolated);
  vi.stubGlobal('SharedArrayBuffer', shares ? SharedArrayBuffer : undefined);
  vi.stubGlobal('navigator', { hardwareConcurrency: 8 });
  expect(possibleThreads()).toBe(threads);
});
