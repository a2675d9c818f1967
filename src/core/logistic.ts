/** @file Logistic regression with a ridge penalty, fitted to its optimum. */
import { minimize } from './minimize.ts';
import { dot, type Vector } from './vectors.ts';

export interface Logistic {
  readonly weights: readonly number[];
  readonly bias: number;
}

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Log-odds of a probability, kept within ±50 nats. */
export const logit = (probability: number): number =>
  Math.max(-50, Math.min(50, Math.log(probability / (1 - probability))));

/** −target · log σ(x) − (1 − target) · log(1 − σ(x)), stable. */
export const crossEntropy = (x: number, target: number): number =>
  Math.max(x, 0) - x * target + Math.log1p(Math.exp(-Math.abs(x)));

/** The log-odds of a point. */
export const logOdds = ({ weights, bias }: Logistic, point: Vector): number => dot(weights, point) + bias;

export interface LogisticOptions {
  /** λ of the penalty λ/2 · |w|² beside the mean cross-entropy; the bias is free. Default 1e-3. */
  readonly ridge?: number;
}

/**
 * The regression whose probabilities fit `targets` (0–1) best. Features are standardized before they are fitted and
 * penalized, and the weights returned are those of the features as given.
 * @throws RangeError for no points
 */
export function fitLogistic(
  points: readonly Vector[],
  targets: readonly number[],
  { ridge = 1e-3 }: LogisticOptions = {},
): Logistic {
  if (points.length === 0) throw new RangeError('There is no regression on no points.');
  const size = points[0]!.length;
  const { means, spreads } = momentsOf(points, size);
  const standard = points.map((point) =>
    Float64Array.from({ length: size }, (_, k) => (point[k]! - means[k]!) / spreads[k]!),
  );
  /** Of the weights, followed by the bias. */
  const objective = (parameters: Float64Array) => {
    const gradient = new Float64Array(size + 1);
    let value = 0;
    standard.forEach((point, i) => {
      const x = dot(point, parameters) + parameters[size]!;
      const error = (sigmoid(x) - targets[i]!) / points.length;
      value += crossEntropy(x, targets[i]!) / points.length;
      for (let k = 0; k < size; k++) gradient[k]! += error * point[k]!;
      gradient[size]! += error;
    });
    for (let k = 0; k < size; k++) {
      value += (ridge / 2) * parameters[k]! ** 2;
      gradient[k]! += ridge * parameters[k]!;
    }
    return { value, gradient };
  };
  const fitted = minimize(objective, new Float64Array(size + 1));
  const weights = Array.from({ length: size }, (_, k) => fitted[k]! / spreads[k]!);
  return { weights, bias: fitted[size]! - dot(weights, means) };
}

/** Mean and standard deviation of each feature; 1 for one that never varies. */
function momentsOf(points: readonly Vector[], size: number) {
  const means = new Float64Array(size);
  const spreads = new Float64Array(size);
  for (let k = 0; k < size; k++) {
    for (const point of points) means[k]! += point[k]! / points.length;
    for (const point of points) spreads[k]! += (point[k]! - means[k]!) ** 2 / points.length;
    spreads[k] = Math.sqrt(spreads[k]!) || 1;
  }
  return { means, spreads };
}
