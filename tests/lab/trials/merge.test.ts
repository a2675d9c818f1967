import { describe, expect, test } from 'vitest';
import { digestOf } from '../../../src/lab/records/digest.ts';
import { mergeRuns, type MergePart } from '../../../src/lab/trials/merge.ts';
import { registries } from '../../../src/lab/trials/registries.ts';
import type { TrialRecord } from '../../../src/lab/records/trial.ts';
import { smallRun, type SmallRun, trialsJsonl } from '../small-run.ts';

const whole = smallRun();
const shards = [1, 2, 3].map((index) => smallRun({ shard: { index, count: 3 } }));
/** As `mergeRuns`, with the records of the merged run. */
function merge(...runs: readonly Omit<SmallRun, 'digests'>[]) {
  const merged = mergeRuns(
    runs.map(({ records, ...head }, i): MergePart<TrialRecord> => ({
      name: `part ${i + 1}`,
      ...head,
      eachTrial: (trialOf, take) => {
        for (const record of records) take({ place: trialOf(record).place, record, location: record });
      },
      read: (record) => record,
    })),
    registries,
  );
  return { ...merged, records: merged.trials.map(({ location }) => location) };
}

test('shards in any order make the run that was not cut', () => {
  const merged = merge(shards[2]!, shards[0]!, shards[1]!);
  expect(merged.plan).toEqual(whole.plan);
  expect(trialsJsonl(merged.records)).toBe(trialsJsonl(whole.records));
  expect(merged.trials.map(({ digest }) => digest)).toEqual(whole.records.map(digestOf));
  expect(merged.missing).toEqual([]);
});

test('what no part holds is named, in the order of the plan', () => {
  const { missing, records } = merge(shards[0]!, shards[2]!);
  expect(missing).toHaveLength(shards[1]!.records.length);
  expect(missing[0]).toMatchObject({ defense: 'none', attack: 'direct-request' });
  expect(records.length + missing.length).toBe(whole.records.length);
});

test('a trial that two parts hold counts once when it differs in times alone', () => {
  const later = whole.records.map((record) => ({ ...record, times: { ...record.times, answerMs: 9 } }));
  expect(merge(whole, { ...whole, records: later }).records).toEqual(whole.records);
});

describe('parts that do not belong together are refused, and it is said why', () => {
  const [first, second] = shards as [SmallRun, SmallRun];
  test.each([
    ['another seed', smallRun({ seed: 5 }), 'part 1 and part 2 are of different plans or seeds'],
    [
      'another device',
      { ...second, device: { ...second.device, kind: 'webgpu' as const } },
      'wasm and webgpu',
    ],
    ['another version', { ...second, versions: { ...second.versions, engine: '3.0' } }, 'engine 2.0 and 3.0'],
    [
      'another answer',
      { ...first, records: first.records.map((record) => ({ ...record, response: 'else' })) },
      'part 1 and part 2 disagree on tinytown-chat × none × direct-request',
    ],
    [
      'trials of another seed',
      { ...second, records: second.records.map((record) => ({ ...record, seed: 'x' })) },
      'The plan has no such trial',
    ],
  ])('%s', (_, other, reason) => {
    expect(() => merge(first, other)).toThrow(reason);
  });
});

test('machines of one kind are each named', () => {
  const [first, second] = shards as [SmallRun, SmallRun];
  const other = { ...second, device: { kind: 'wasm' as const, description: 'Bigger', threads: 8 } };
  expect(merge(first, other, first).device).toEqual({
    kind: 'wasm',
    description: 'WebAssembly, 2 threads; Bigger',
    threads: 8,
  });
});
