import { expect, test } from 'vitest';
import { createRandom } from '../../src/core/random.ts';
import { fuzz } from '../../scripts/faults/fuzz/fuzz.ts';

/** A short form of the fault campaign; how long each input takes is left to it. */
test.each([
  ['plans', 80],
  ['packs', 80],
  ['links', 80],
  ['records', 80],
  ['folders', 12],
  ['models', 12],
] as const)(
  'damaged %s are read, or refused with a message that a user can act on',
  async (kind, count) => {
    const { tried, accepted, refusedCleanly, raw, large } = await fuzz(kind, count, createRandom('short'));
    expect({ raw, large }).toEqual({ raw: [], large: [] });
    expect(accepted + refusedCleanly).toBe(tried);
    expect(accepted).toBeGreaterThan(0);
  },
  120_000,
);
