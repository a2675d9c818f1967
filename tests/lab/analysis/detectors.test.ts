import { describe, expect, test } from 'vitest';
import { detectionBy } from '../../../src/defenses/consulting/calibration.ts';
import { calibrationWarning, checkDetectors } from '../../../src/lab/analysis/detectors.ts';
import { digestOf } from '../../../src/lab/records/digest.ts';
import { parsePlan } from '../../../src/lab/plan/plan.ts';
import { record } from '../trial-records.ts';
import { behavior, plan } from '../run/harness.ts';

const stack = (options = {}) => [{ stack: [{ id: 'parden', options }] }];
const planned = (changes = {}, options = {}) => parsePlan({ ...plan, ...changes, defenses: stack(options) });
const from = { threshold: 0.5, benign: 10, flagged: 0, texts: 'calibration' } as const;

/** PARDEN suspects low scores. */
const trial = (id: string, scores: readonly number[], kind: 'harmful' | 'benign' = 'harmful') =>
  digestOf({
    ...record({ attack: kind === 'benign' ? 'direct-request' : 'gcg', id, defense: 'parden' }),
    behaviorDetail: behavior(id, kind),
    events: scores.map((score) => ({
      ...{ defense: 'parden', action: 'passed', reason: '' },
      detection: detectionBy(score, from, true),
    })),
  });
const digests = [
  trial('a', [0.1]),
  trial('b', [0.9, 0.3]),
  trial('c', [0.6]),
  trial('d', []),
  ...[0.4, 0.7, 0.8, 0.9].map((score, i) => trial(`e${i}`, [score], 'benign')),
];

describe('a detector', () => {
  test('is measured by the most suspicious score of each trial, in its own direction', () => {
    const [check] = checkDetectors(planned(), digests);
    expect(check).toMatchObject({
      ...{ model: 'toy', defense: 'parden', detector: 'parden', threshold: 0.5, wantedRate: 0.05 },
      falsePositives: { successes: 1, scored: 4 },
      attacks: [{ attack: 'gcg', flagged: { successes: 2, scored: 3 } }],
    });
    // Of twelve pairs, the benign 0.4 is more suspicious than 0.6 alone.
    expect(check!.attacks[0]!.roc!.area).toBeCloseTo(11 / 12, 12);
  });
  test('is compared at the rate of its options, of the plan, or of 5%', () => {
    const at = (changes = {}, options = {}) => checkDetectors(planned(changes, options), digests)[0]!;
    expect(at().attacks[0]!.atWantedRate).toBeCloseTo(2 / 3, 12);
    expect(at({ falsePositives: 0.25 })).toMatchObject({ wantedRate: 0.25 });
    expect(at({ falsePositives: 0.25 }).attacks[0]!.atWantedRate).toBe(1);
    expect(at({ falsePositives: 0.25 }, { falsePositives: 0.1 })).toMatchObject({ wantedRate: 0.1 });
  });
  test('says how many texts its rate takes where it was calibrated on too few', () => {
    expect(calibrationWarning(checkDetectors(planned(), digests)[0]!)).toContain('at least 20');
    expect(calibrationWarning(checkDetectors(planned({ falsePositives: 0.1 }), digests)[0]!)).toBeNull();
  });
  test('is none without scores', () => {
    expect(checkDetectors(planned(), [trial('d', [])])).toEqual([]);
  });
});
