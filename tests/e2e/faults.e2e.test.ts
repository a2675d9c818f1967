/** @file The fault campaign in short: a few of each harm that is quick. `npm run faults` does all of it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fuzz } from '../../scripts/faults/fuzz.ts';
import { garbledFiles } from '../../scripts/faults/garbled.ts';
import { kills } from '../../scripts/faults/kills.ts';
import type { FaultPart, Outcome } from '../../scripts/faults/part.ts';
import { storage } from '../../scripts/faults/storage.ts';
import { createRandom } from '../../src/core/random.ts';

const parts: readonly (readonly [FaultPart, number])[] = [
  [kills, 3],
  [storage, 2],
  [garbledFiles, 1],
  [fuzz, 30],
];

test.each(parts.map(([part, count]) => ({ id: part.id, part, count })))(
  '$id: nothing breaks in $count',
  async ({ part, count }) => {
    const folder = await mkdtemp(join(tmpdir(), 'glovebox-faults-'));
    const outcomes: Outcome[] = [];
    try {
      for await (const outcome of part.run(createRandom(part.id), count, folder)) outcomes.push(outcome);
    } finally {
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    }
    for (const { fault, note } of outcomes.filter(({ result }) => result === 'skipped'))
      console.warn(`skipped: ${fault}: ${note}`);
    expect(outcomes.filter(({ result }) => result === 'broken')).toEqual([]);
    expect(outcomes.length).toBeGreaterThan(0);
  },
  600_000,
);
