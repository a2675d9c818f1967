/** @file Options, steps and saved state that all trainers share. */
import type { Tensors } from '../../safetensors.ts';

export interface TrainerOptions {
  /** Peak learning rate. */
  readonly learningRate: number;
  /** Linear warm-up, then a cosine from the peak to `floor` times the peak. Default: constant. */
  readonly schedule?: {
    readonly warmupSteps: number;
    readonly totalSteps: number;
    /** Fraction of the peak at and after `totalSteps`. Default 0. */
    readonly floor?: number;
  };
  /** Decoupled; applies to matrices, not to norms and biases. Default 0. */
  readonly weightDecay?: number;
  /** Default 0.9. */
  readonly beta1?: number;
  /** Default 0.95. */
  readonly beta2?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
  /** Largest global gradient norm; larger gradients are scaled down to it. Default 1; Infinity turns it off. */
  readonly clipNorm?: number;
}

export interface TrainingStep {
  /** Nats, before the update. */
  readonly loss: number;
  /** Global norm before clipping. */
  readonly gradNorm: number;
  readonly learningRate: number;
}

/** Everything needed to continue training later, bit for bit on the same device. */
export interface TrainerState {
  /** Updates made so far. */
  readonly step: number;
  readonly weights: Tensors;
  readonly firstMoments: Tensors;
  readonly secondMoments: Tensors;
}

export function learningRateAt(step: number, { learningRate, schedule }: TrainerOptions): number {
  if (!schedule) return learningRate;
  const { warmupSteps, totalSteps, floor = 0 } = schedule;
  if (step < warmupSteps) return (learningRate * (step + 1)) / warmupSteps;
  const progress = Math.min(1, (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps));
  return learningRate * (floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * progress)));
}
