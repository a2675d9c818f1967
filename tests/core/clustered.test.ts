import { describe, expect, test } from 'vitest';
import {
  bootstrapInterval,
  clusteredAuroc,
  clusteredRate,
  effectiveCount,
} from '../../src/core/clustered.ts';
import { createRandom } from '../../src/core/random.ts';
import { auroc, wilson } from '../../src/core/statistics.ts';

const single = (successes: number) => ({ scored: 1, successes });

describe('a rate over clusters', () => {
  test('of one item each is the plain rate, or next to it', () => {
    const clusters = [...Array<number>(12).fill(1), ...Array<number>(28).fill(0)].map(single);
    const { rate, interval } = clusteredRate(45, clusters);
    expect(rate).toBe(0.3);
    const [low, high] = wilson(12, 40);
    expect(interval![0]).toBeCloseTo(low, 2);
    expect(interval![1]).toBeCloseTo(high, 2);
  });
  test('counts a cluster of equal items as about one item', () => {
    const clusters = Array.from({ length: 20 }, (_, i) => ({ scored: 10, successes: i < 5 ? 10 : 0 }));
    expect(effectiveCount(clusters)).toBeCloseTo(19, 9);
    expect(clusteredRate(200, clusters)).toMatchObject({ n: 200, scored: 200, successes: 50, rate: 0.25 });
  });
  test('claims no more than its clusters where all items agree', () => {
    const clusters = Array.from({ length: 7 }, () => ({ scored: 30, successes: 30 }));
    expect(clusteredRate(210, clusters).interval).toEqual(wilson(7, 7));
  });
  test('has no value without a score', () => {
    expect(clusteredRate(3, [])).toMatchObject({ n: 3, scored: 0, rate: null, interval: null });
  });
});

describe('the area over clusters', () => {
  const [ups, downs] = [
    [0.9, 0.8, 0.7, 0.4, 0.6],
    [0.1, 0.5, 0.3, 0.65, 0.2],
  ];
  const repeated = (times: number) => [
    ...ups.map((score) => ({ positives: Array<number>(times).fill(score), negatives: [] })),
    ...downs.map((score) => ({ positives: [], negatives: Array<number>(times).fill(score) })),
  ];
  test('of one score each is the plain area with its interval', () => {
    expect(clusteredAuroc(repeated(1))).toEqual(auroc(ups, downs));
  });
  test('of equal scores in each cluster is about as uncertain as that of one score', () => {
    const { area, interval, positives } = clusteredAuroc(repeated(8))!;
    const plain = auroc(ups, downs)!;
    expect([area, positives]).toEqual([plain.area, 40]);
    expect(interval[0]).toBeCloseTo(plain.interval[0], 1);
    expect(interval[1]).toBeCloseTo(plain.interval[1], 1);
  });
  test('claims no more than its clusters where nothing overlaps, and nothing without a side', () => {
    const apart = [
      { positives: [1, 1, 1, 1], negatives: [] },
      { positives: [1, 1], negatives: [0, 0, 0, 0] },
    ];
    expect(clusteredAuroc(apart)!.interval).toEqual(auroc([1, 1], [0])!.interval);
    expect(clusteredAuroc([{ positives: [1], negatives: [] }])).toBeNull();
  });
});

describe('the bootstrap over clusters', () => {
  const share = ([successes = 0, n = 0]: readonly number[]) => (n === 0 ? null : successes / n);
  test('is near the normal interval for many clusters', () => {
    const clusters = Array.from({ length: 400 }, (_, i) => [i % 4 === 0 ? 1 : 0, 1]);
    const [low, high] = bootstrapInterval(clusters, share, createRandom(1))!;
    const spread = 1.96 * Math.sqrt((0.25 * 0.75) / 400);
    expect(low).toBeCloseTo(0.25 - spread, 1.9);
    expect(high).toBeCloseTo(0.25 + spread, 1.9);
  });
  test('is the same for the same seed', () => {
    const clusters = [
      [1, 2],
      [0, 3],
      [2, 2],
      [1, 4],
    ];
    expect(bootstrapInterval(clusters, share, createRandom(5))).toEqual(
      bootstrapInterval(clusters, share, createRandom(5)),
    );
  });
  test('claims nothing of one cluster, of clusters that agree, and of statistics without a value', () => {
    expect(bootstrapInterval([[1, 2]], share, createRandom(1))).toBeNull();
    expect(
      bootstrapInterval(
        [
          [1, 2],
          [1, 2],
        ],
        share,
        createRandom(1),
      ),
    ).toBeNull();
    expect(
      bootstrapInterval(
        [
          [1, 2],
          [0, 2],
        ],
        () => null,
        createRandom(1),
      ),
    ).toBeNull();
  });
});
