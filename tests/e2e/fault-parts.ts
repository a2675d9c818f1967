/** @file Parts of the fault campaign in short, as tests. Two files share them, because files run side by side. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { FaultPart, Outcome } from '../../scripts/faults/part.ts';
import { createRandom } from '../../src/core/random.ts';

/** Tests that a few harms of each part break nothing. `npm run faults` does all of it. */
export function testParts(parts: readonly (readonly [FaultPart, count: number])[]): void {
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
}
