/** @file How the keeper is trained. */
import type { TrainingPlanInput } from '../../src/lab/plan/training-plan.ts';
import type { Projection } from '../../src/models/projections.ts';

export const adapters: {
  readonly rank: number;
  readonly alpha: number;
  readonly projections?: Projection[];
} = {
  rank: 8,
  alpha: 16,
};

export const recipe: Omit<TrainingPlanInput, 'model' | 'data' | 'adapters'> = {
  version: 1,
  seed: 16,
  method: { id: 'safe-tuning', options: { share: 0.4, batchSize: 4 } },
  steps: 120,
  learningRate: 5e-4,
  warmupSteps: 5,
  evaluateEvery: 0,
  checkpointEvery: 10,
};
