/** @file What models can be fine-tuned on without data of one's own: none of it is tested. */
import type { TrainingData } from '../core/training-data.ts';
import { learned } from './secrets/lesson-world.ts';
import { secretLessons } from './secrets/lessons.ts';
import { tinytownTrainingData } from './tinytown/training-data.ts';

/** By the name that a training gives it. */
export const shippedData: Readonly<
  Record<string, { readonly title: string; readonly make: () => TrainingData }>
> = {
  tinytown: { title: 'Tinytown', make: tinytownTrainingData },
  secrets: { title: 'Secrets to keep', make: () => secretLessons('learned', learned, 400) },
};
