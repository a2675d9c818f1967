/** @file The learning rate of each step. */
import type { TrainerOptions } from '../../language-model.ts';

export function learningRateAt(step: number, { learningRate, schedule }: TrainerOptions): number {
  if (!schedule) return learningRate;
  const { warmupSteps, totalSteps, floor = 0 } = schedule;
  if (step < warmupSteps) return (learningRate * (step + 1)) / warmupSteps;
  const progress = Math.min(1, (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps));
  return learningRate * (floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * progress)));
}
