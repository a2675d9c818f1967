import { expect, test } from 'vitest';
import {
  logSigmoid,
  negativePreferenceLoss,
  preferenceLoss,
  type Loss,
} from '../../src/finetuning/parts/losses.ts';

const slopeBy = (loss: (x: number) => Loss, x: number) => (loss(x + 1e-5).loss - loss(x - 1e-5).loss) / 2e-5;

test('log σ is exact at both ends', () => {
  expect([logSigmoid(0), logSigmoid(-800), logSigmoid(800)]).toEqual([-Math.LN2, -800, 0]);
  expect(logSigmoid(2)).toBeCloseTo(Math.log(1 / (1 + Math.exp(-2))), 12);
});

test('DPO: log-probs −12 and −20 where they were −13 and −18 make a margin of 3', () => {
  expect(preferenceLoss(-12 - -20 - (-13 - -18), 0.1).loss).toBeCloseTo(0.554355, 6);
  expect(preferenceLoss(0, 0.1).loss).toBe(Math.LN2);
});

test.each([
  [0, 0.207944],
  [-0.3, 0.166307],
  [0.3, 0.256307],
  [-2, 0.038078],
])('the term of unlearning at a change of %d, times 0.3', (change, expected) => {
  expect(0.3 * preferenceLoss(-change, 1).loss).toBeCloseTo(expected, 6);
});

test('NPO tends to the gradient of the log-prob as β falls, and forgets an answer that has fallen far', () => {
  expect(negativePreferenceLoss(0, 0.1).loss).toBeCloseTo(20 * Math.LN2, 10);
  expect(negativePreferenceLoss(-1, 1e-4).slope).toBeCloseTo(1, 3);
  expect(negativePreferenceLoss(-200, 0.1).slope).toBeLessThan(1e-8);
});

test('slopes are those of the losses', () => {
  for (const x of [-3, -0.5, 0, 1.5, 4]) {
    expect(preferenceLoss(x, 0.7, 0.4).slope).toBeCloseTo(
      slopeBy((y) => preferenceLoss(y, 0.7, 0.4), x),
      6,
    );
    expect(negativePreferenceLoss(x, 0.7).slope).toBeCloseTo(
      slopeBy((y) => negativePreferenceLoss(y, 0.7), x),
      6,
    );
  }
});
