import { expect, test, vi } from 'vitest';
import type { Outcome } from '../../../src/core/errors.ts';
import { parsePlan } from '../../../src/lab/plan/plan.ts';
import type { TrialRecord } from '../../../src/lab/records/trial.ts';
import { importTrials } from '../../../src/ui/storage/import-trials.ts';
import { plan } from '../../lab/run/harness.ts';

const parsed = parsePlan(plan);
const labThat = (answer: (records: readonly TrialRecord[]) => Outcome<number>) => ({
  restore: vi.fn(async (_plan: unknown, records: readonly TrialRecord[]) => answer(records)),
});
const storing = () => labThat((records) => ({ status: 'done', value: records.length }));

test('trials are handed over in batches, whatever the lines end with', async () => {
  const lab = storing();
  const lines = Array.from({ length: 250 }, (_, i) => JSON.stringify({ behavior: `é${i}` }));
  expect(await importTrials(new Blob([lines.join('\r\n')]), parsed, lab)).toBe(250);
  expect(lab.restore.mock.calls.map(([, records]) => records.length)).toEqual([100, 100, 50]);
  expect(lab.restore.mock.calls[2]![1].at(-1)).toEqual({ behavior: 'é249' });
});

test('what is no trial is refused with its line, and what came before is kept', async () => {
  await expect(importTrials(new Blob(['{}\n{"a\n']), parsed, storing())).rejects.toMatchObject({
    code: 'bad-input',
    message: 'Line 2 of the file is not JSON.',
  });
  await expect(importTrials(new Blob(['\n']), parsed, storing())).rejects.toMatchObject({
    code: 'bad-input',
  });
});

test('a refusal of the lab says how many trials before it are stored', async () => {
  let calls = 0;
  const lab = labThat(({ length }) =>
    calls++ === 0
      ? { status: 'done', value: length }
      : { status: 'failed', code: 'bad-input', message: 'Trial 1 is odd.', advice: 'Choose another.' },
  );
  await expect(importTrials(new Blob(['{}\n'.repeat(150)]), parsed, lab)).rejects.toMatchObject({
    message: 'Trial 1 is odd. The 100 trials before are stored.',
  });
});
