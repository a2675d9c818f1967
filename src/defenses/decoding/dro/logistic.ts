/** @file Logistic regression on a few features. */
import { dot, type Vector } from '../../../core/vectors.ts';

export interface Logistic {
  readonly weights: readonly number[];
  readonly bias: number;
}

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** −target · log σ(x) − (1 − target) · log(1 − σ(x)), stable. */
export const crossEntropy = (x: number, target: number): number =>
  Math.max(x, 0) - x * target + Math.log1p(Math.exp(-Math.abs(x)));

/** The log-odds of a point. */
export const logOdds = ({ weights, bias }: Logistic, point: Vector): number => dot(weights, point) + bias;

const rounds = 2000;
const ridge = 1e-3;

/**
 * The probe whose probabilities fit `targets` (0–1) best, with a small ridge penalty that keeps it finite when the
 * points are separable. By gradient descent on standardized features.
 */
export function fitLogistic(points: readonly Vector[], targets: readonly number[]): Logistic {
  const size = points[0]!.length;
  const axes = Array.from({ length: size }, (_, k) => {
    const values = points.map((point) => point[k]!);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
    return { mean, spread: spread || 1 };
  });
  const standard = points.map((point) => axes.map(({ mean, spread }, k) => (point[k]! - mean) / spread));
  const weights = new Float64Array(size);
  let bias = 0;
  for (let round = 0; round < rounds; round++) {
    const slope = new Float64Array(size);
    let lift = 0;
    standard.forEach((point, i) => {
      const error = (sigmoid(dot(weights, point) + bias) - targets[i]!) / points.length;
      for (let k = 0; k < size; k++) slope[k]! += error * point[k]!;
      lift += error;
    });
    for (let k = 0; k < size; k++) weights[k]! -= slope[k]! + ridge * weights[k]!;
    bias -= lift;
  }
  const scaled = Array.from(weights, (weight, k) => weight / axes[k]!.spread);
  return {
    weights: scaled,
    bias:
      bias -
      dot(
        scaled,
        axes.map(({ mean }) => mean),
      ),
  };
}
