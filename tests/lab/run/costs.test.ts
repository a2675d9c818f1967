/** @file What a defense costs is what the lab counts, and not what the defense tells. */
import { expect, test } from 'vitest';
import { plan, runAll } from './harness.ts';

test('defenses that read a second model, score their answer or rewrite the request all have a price', async () => {
  const ids = ['safe-decoding', 'alignment-depth', 'self-reminder'];
  const input = {
    ...plan,
    attacks: [{ id: 'direct-request' }],
    defenses: ids.map((id) => ({ stack: [{ id }] })),
  };
  const { summary, records } = await runAll(input);
  const [bare, ...behind] = summary.overhead;
  expect(bare).toMatchObject({ defense: 'none', queries: { value: 0 }, tokens: { value: 0 } });
  const [expert, depth, reminder] = behind;
  // Its own events report no query.
  expect(expert).toMatchObject({ defense: 'safe-decoding', queries: { value: 1 } });
  expect(expert!.tokens!.value).toBeGreaterThan(0);
  expect(depth!.defense).toBe('alignment-depth');
  expect(depth!.queries.value).toBeGreaterThan(0);
  expect(depth!.tokens!.value).toBeGreaterThan(0);
  expect(reminder).toMatchObject({ defense: 'self-reminder', queries: { value: 0 } });
  expect(reminder!.tokens!.value).toBeGreaterThan(0);
  for (const { usage, answerUsage } of records) expect(answerUsage!.target).toEqual(usage.target);
});
