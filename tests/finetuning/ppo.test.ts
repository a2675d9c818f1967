import { expect, test } from 'vitest';
import { dot } from '../../src/core/vectors.ts';
import {
  advantagesOf,
  clippedLoss,
  combinedAdvantage,
  nextMultiplier,
} from '../../src/finetuning/parts/ppo.ts';
import { costHead, costLoss, improvedHead, rewardHead } from '../../src/finetuning/safe-rlhf/heads.ts';

test('advantages look ahead by the decay', () => {
  // Surprises, from the end: 2 − 0.5 = 1.5; 0 + 0.5 − 1 = −0.5; 1 + 1 − 0 = 2.
  expect(advantagesOf([1, 0, 2], [0, 1, 0.5], 0)).toEqual([2, -0.5, 1.5]);
  expect(advantagesOf([1, 0, 2], [0, 1, 0.5], 0.5)).toEqual([2.125, 0.25, 1.5]);
  // With all of it, what is left of the answer's reward less what was expected.
  expect(advantagesOf([1, 0, 2], [0, 1, 0.5], 1)).toEqual([3, 1, 1.5]);
});

test('the combined advantage is that of the reward without a multiplier, and turns to the cost as it grows', () => {
  expect(combinedAdvantage(3, 2, 0)).toBe(3);
  expect(combinedAdvantage(3, 2, 1)).toBe(0.5);
  expect(combinedAdvantage(3, 2, 1e9)).toBeCloseTo(-2, 6);
});

test('the surrogate is clipped where an update would go on, and not where it would come back', () => {
  expect(clippedLoss(0, 2, 0.2)).toEqual({ loss: -2, slope: -2 });
  expect(clippedLoss(Math.log(1.5), 2, 0.2)).toEqual({ loss: -2.4, slope: 0 });
  expect(clippedLoss(Math.log(0.5), -2, 0.2)).toEqual({ loss: 1.6, slope: 0 });
  expect(clippedLoss(Math.log(0.5), 2, 0.2).slope).toBeCloseTo(-1, 12);
  expect(clippedLoss(Math.log(1.5), -2, 0.2).slope).toBeCloseTo(3, 12);
});

test('the multiplier rises above the bound, falls below it and stays positive', () => {
  expect(nextMultiplier(1, 0.5, 0.1)).toBeCloseTo(1.051271, 6);
  expect(nextMultiplier(1, -0.5, 0.1)).toBeLessThan(1);
  expect(nextMultiplier(2, -1000, 1)).toBeGreaterThanOrEqual(0);
  expect(nextMultiplier(900, 1e6, 1)).toBeLessThan(Infinity);
});

test('the cost loss of a harmful answer at 1.2 and a safe one at −0.5, with its derivatives', () => {
  const { loss, worse, better } = costLoss(1.2, -0.5);
  expect(loss).toBeCloseTo(0.905145, 6);
  const h = 1e-6;
  expect(worse).toBeCloseTo((costLoss(1.2 + h, -0.5).loss - costLoss(1.2 - h, -0.5).loss) / (2 * h), 6);
  expect(better).toBeCloseTo((costLoss(1.2, -0.5 + h).loss - costLoss(1.2, -0.5 - h).loss) / (2 * h), 6);
});

test('heads order the answers of each pair, and cost is above 0 where there is harm alone', () => {
  const pairs = [
    { first: [1, 0.2, 1], second: [0.1, 0.3, 1] },
    { first: [0.9, -0.4, 1], second: [-0.2, 0.1, 1] },
  ];
  const reward = rewardHead(pairs);
  const cost = costHead(pairs, [[-0.3, 0.8, 1]]);
  for (const { first, second } of pairs) {
    expect(dot(reward, first)).toBeGreaterThan(dot(reward, second));
    expect(dot(cost, first)).toBeGreaterThan(0);
    expect(dot(cost, second)).toBeLessThan(0);
  }
  expect(dot(cost, [-0.3, 0.8, 1])).toBeLessThan(0);
});

test('a critic comes nearer to what answers were worth', () => {
  const head = improvedHead([0, 0], [[1, 0]], [4], 0.5);
  expect(head[0]).toBeCloseTo(2, 5);
  expect([...improvedHead([3, 1], [[1, 1]], [4], 0.5)]).toEqual([3, 1]);
});
