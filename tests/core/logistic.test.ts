import { describe, expect, test } from 'vitest';
import { crossEntropy, fitLogistic, logOdds, sigmoid } from '../../src/core/logistic.ts';
import { minimize } from '../../src/core/minimize.ts';
import { createRandom } from '../../src/core/random.ts';

const random = createRandom('logistic');
const vector = (size: number) => Float64Array.from({ length: size }, () => random.normal());

describe('a logistic regression', () => {
  test('finds the weights that drew its targets', () => {
    const points = Array.from({ length: 400 }, () => vector(2));
    const targets = points.map((point) => sigmoid(2 * point[0]! - point[1]! + 0.5));
    const probe = fitLogistic(points, targets);
    expect(probe.weights[0]).toBeCloseTo(2, 1);
    expect(probe.weights[1]).toBeCloseTo(-1, 1);
    expect(probe.bias).toBeCloseTo(0.5, 1);
  });
  test('stays finite when nothing is in doubt, and with a feature that never varies', () => {
    const probe = fitLogistic(
      [
        [1, 5],
        [2, 5],
        [-1, 5],
        [-2, 5],
      ],
      [1, 1, 0, 0],
    );
    expect(probe.weights.every(Number.isFinite)).toBe(true);
    expect(logOdds(probe, [1, 5])).toBeGreaterThan(1);
  });
  test('cross-entropy is −log of the probability of the target, however unlikely', () => {
    expect(crossEntropy(0, 1)).toBeCloseTo(Math.LN2, 12);
    expect(crossEntropy(3, 0)).toBeCloseTo(-Math.log(1 - sigmoid(3)), 10);
    expect(crossEntropy(-800, 1)).toBe(800);
  });
  test('is at the optimum of its objective, as PyTorch finds it', () => {
    const points = [
      [-1, 2],
      [0, 1],
      [1, 5],
      [2, -1],
      [3, 0],
    ];
    const { weights, bias } = fitLogistic(points, [0, 1, 0, 1, 1], { ridge: 0.1 });
    // torch.optim.LBFGS on the standardized points, in float64.
    expect(weights[0]).toBeCloseTo(0.500993885347, 9);
    expect(weights[1]).toBeCloseTo(-0.606742544709, 9);
    expect(bias).toBeCloseTo(1.0552510556362, 9);
  });
  test('is the same with more features than points, and has no points to be fitted to in an empty list', () => {
    const points = Array.from({ length: 6 }, () => vector(40));
    const targets = [1, 0, 1, 0, 1, 0];
    const fit = fitLogistic(points, targets, { ridge: 0.05 });
    const errors = points.map((point, i) => sigmoid(logOdds(fit, point)) - targets[i]!);
    // The bias has no penalty, so that the errors cancel out.
    expect(errors.reduce((sum, error) => sum + error, 0)).toBeCloseTo(0, 8);
    expect(() => fitLogistic([], [])).toThrow(RangeError);
  });
});

test('the minimum of a narrow valley is found', () => {
  const valley = ([x, y]: Float64Array) => ({
    value: (x! - 3) ** 2 + 1000 * (y! + 2) ** 2,
    gradient: Float64Array.of(2 * (x! - 3), 2000 * (y! + 2)),
  });
  const [x, y] = minimize(valley, Float64Array.of(-50, 40));
  expect(x).toBeCloseTo(3, 8);
  expect(y).toBeCloseTo(-2, 8);
});
