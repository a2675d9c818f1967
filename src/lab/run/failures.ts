/** @file Which failures end a run, and which belong to one trial and are recorded with it. */
import { isAbort, LabError, type LabErrorCode } from '../../core/errors.ts';
import type { TrialError } from '../records/trial.ts';

/**
 * Caused by the prompt or edit of one trial, and certain to happen again: other trials go on. Numbers that are not finite
 * are among them, since half precision may overflow on one prompt alone; a model that never gives numbers does not load.
 */
const inputCodes: ReadonlySet<LabErrorCode> = new Set([
  'bad-input',
  'context-overflow',
  'not-finite',
  'not-supported',
]);

/** The error as a record holds it. @throws the error itself unless the input of one trial caused it */
export function trialError(error: unknown, during: TrialError['during']): TrialError {
  if (!(error instanceof LabError && inputCodes.has(error.code))) throw error;
  return { code: error.code, message: error.message, during };
}

/**
 * A lost device or server makes every later score worthless, and a budget ends the run: neither counts as an evaluator's
 * failure.
 */
const endingCodes: ReadonlySet<LabErrorCode> = new Set([
  'budget-spent',
  'device-lost',
  'out-of-memory',
  'unreachable',
  'worker-died',
]);

export const endsRun = (error: unknown): boolean =>
  isAbort(error) || (error instanceof LabError && endingCodes.has(error.code));
