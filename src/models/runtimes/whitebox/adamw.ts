/**
 * @file AdamW with clipping by the global norm, on the processor: one pass over each parameter.
 * @see https://arxiv.org/abs/1711.05101
 */
import type { TrainerOptions } from '../../language-model.ts';

/** One parameter: all arrays have its length, and all but the gradient are changed. */
export interface Parameter {
  readonly values: Float32Array;
  readonly first: Float32Array;
  readonly second: Float32Array;
  readonly gradient: Float32Array;
  /** Norms and biases do not decay. */
  readonly decays: boolean;
}

/** @returns the norm of all gradients together, before clipping */
export function adamw(
  parameters: readonly Parameter[],
  { learningRate, step }: { readonly learningRate: number; readonly step: number },
  { weightDecay = 0, beta1 = 0.9, beta2 = 0.95, epsilon = 1e-8, clipNorm = 1 }: TrainerOptions,
): number {
  let squares = 0;
  for (const { gradient } of parameters)
    for (let i = 0; i < gradient.length; i++) squares += gradient[i]! * gradient[i]!;
  const norm = Math.sqrt(squares);
  const clip = Math.min(1, clipNorm / (norm + 1e-6));
  const correct1 = 1 / (1 - beta1 ** step);
  const correct2 = 1 / (1 - beta2 ** step);
  for (const { values, first, second, gradient, decays } of parameters) {
    const decay = decays ? weightDecay : 0;
    for (let i = 0; i < values.length; i++) {
      const g = gradient[i]! * clip;
      const m = (first[i] = beta1 * first[i]! + (1 - beta1) * g);
      const v = (second[i] = beta2 * second[i]! + (1 - beta2) * g * g);
      const value = values[i]!;
      const direction = (m * correct1) / (Math.sqrt(v * correct2) + epsilon) + decay * value;
      values[i] = value - learningRate * direction;
    }
  }
  return norm;
}
