/** @file The threshold of a guard: as its options give it, or from the probabilities that its classifier gives to benign texts. */
import { z } from 'zod';
import { LabError } from '../../core/errors.ts';
import { logit } from '../../core/logistic.ts';
import { number } from '../../core/options.ts';
import { guardOptions } from '../../models/guard.ts';
import type { TextClassifier } from '../../models/text-classifier.ts';
import { artifactOf, type DefenseContext } from '../defense.ts';
import { calibrationOptions, calibrationSchema, type Calibration } from './calibration.ts';

export const calibratedGuardOptions = {
  ...guardOptions,
  threshold: number({
    description: 'Probability of harm from which the guard acts; 0 takes it from the calibration.',
    default: 0.5,
    min: 0,
    max: 1,
  }),
  ...calibrationOptions,
};

/** Probabilities of one classifier say nothing about those of another. */
export const guardCalibrationSchema = calibrationSchema.extend({ classifier: z.string() });

interface Options {
  readonly threshold: number;
}

export const learnsThreshold = ({ threshold }: Options): boolean => threshold === 0;

export interface GuardThreshold extends Calibration {
  /** Where the options give no threshold. */
  readonly calibrated: Calibration | null;
  acts(probability: number): boolean;
  /** Nats of log-odds by which a probability is beyond the threshold: above 0 exactly where the guard acts. */
  excess(probability: number): number;
}

/** The only comparison with the threshold. */
function comparing(threshold: number, acts: GuardThreshold['acts']): Pick<GuardThreshold, 'acts' | 'excess'> {
  const nats = (probability: number) => logit(probability) - logit(threshold);
  return {
    acts,
    excess: (probability) =>
      acts(probability) ? Math.max(nats(probability), Number.EPSILON) : Math.min(nats(probability), 0),
  };
}

/** @throws LabError 'bad-input' for a calibration that is missing, or of another classifier */
export function guardThreshold(
  options: Options,
  context: DefenseContext,
  { id }: TextClassifier,
  defense: string,
): GuardThreshold {
  const { threshold } = options;
  if (!learnsThreshold(options))
    return {
      threshold,
      calibrated: null,
      ...comparing(threshold, (probability) => probability >= threshold),
    };
  const { classifier, ...calibrated } = artifactOf(context, guardCalibrationSchema, defense);
  if (classifier !== id)
    throw new LabError(
      'bad-input',
      `The threshold of "${defense}" was calibrated with ${classifier}, and the guard is ${id}.`,
      { advice: 'Leave its "artifact" out of the plan, so that it is calibrated anew.' },
    );
  return {
    ...calibrated,
    calibrated,
    ...comparing(calibrated.threshold, (probability) => probability > calibrated.threshold),
  };
}
