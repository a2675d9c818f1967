import { expect, test } from 'vitest';
import {
  asItIs,
  hardeningTables,
  relearningChart,
  sixAttacks,
  type HardenedFigures,
} from '../../../scripts/results/hardening-tables.ts';

const behaviors = Array.from({ length: 10 }, (_, i) => `b${i}`);
const figures = (id: string, won: number): HardenedFigures => ({
  id,
  recipe: id === asItIs ? null : { learningRate: 5e-4, steps: 100, warmupSteps: 5 },
  outcomes: Object.fromEntries(
    ['direct-request', ...sixAttacks].map((attack) => [
      attack,
      Object.fromEntries(behaviors.map((behavior, i) => [behavior, attack === 'jailbroken' && i < won])),
    ]),
  ),
  refusedLookalikes: [false, false, true, false],
  solved: [true, true, true, true],
  relearning: [
    { updates: 0, harmful: 0, asked: 10 },
    { updates: 5, harmful: won, asked: 10 },
  ],
  probe: [{ boundary: 0, area: 0.5, interval: [0.4, 0.6], shuffled: 0.5 }],
});
const all = [figures(asItIs, 9), figures('npo', 9), figures('safe-unlearning', 0)];

test('the tables give counts, changes against the model before training and tests adjusted for all methods', () => {
  const tables = hardeningTables(all);
  const row = (name: string) => tables.split('\n').find((line) => line.startsWith(`| ${name}`))!;
  expect(row('before training')).toContain('| 15% | – | 9 of 10: 90% (60–98%) | – | 1 of 4');
  expect(row('`npo`')).toContain('| 0 | 9 of 10: 90% (60–98%) | p = 1.00 |');
  // 9 lost and none gained: 2 / 2⁹, twice that for two methods.
  expect(row('`safe-unlearning`')).toMatch(/−15 \(.*\) \| 0 of 10: 0% \(0–28%\) \| p = 0\.008 \|/);
  expect(tables).toContain('| `safe-unlearning` | 0 of 10 | 0 of 10 |');
  expect(tables).toContain('| `npo` | 100 | 0.0005 |');
});

test('the curve of relearning has the model before training beside the hardened one, with intervals', () => {
  const { curves } = relearningChart(all);
  expect(curves.map(({ name }) => name)).toEqual(['before training', 'safe-unlearning', 'npo']);
  expect(curves[0]!.points[1]).toMatchObject({ x: 5, y: 0.9, n: 10 });
});

test('without figures of the model before training there is nothing to compare', () => {
  expect(hardeningTables([figures('npo', 1)])).toMatch(/no figures/);
});
