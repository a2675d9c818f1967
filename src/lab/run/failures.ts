/** @file Which failures end a run, and which belong to one trial and are recorded with it. */
import { isAbort, LabError, type LabErrorCode } from '../../core/errors.ts';
import type { TrialError } from '../records/trial.ts';

/** What follows from the words (or the edit) of one trial, and would follow again: the others go on. */
const ofTheInput: ReadonlySet<LabErrorCode> = new Set(['bad-input', 'context-overflow', 'not-supported']);

/** @throws the error itself when it is not about the input of one trial */
export function trialError(error: unknown, during: TrialError['during']): TrialError {
  if (!(error instanceof LabError && ofTheInput.has(error.code))) throw error;
  return { code: error.code, message: error.message, during };
}

/** A device that is gone makes every later score worthless, so it must not pass for an evaluator's failure. */
const ofTheDevice: ReadonlySet<LabErrorCode> = new Set(['device-lost', 'out-of-memory', 'worker-died']);

export const endsRun = (error: unknown): boolean =>
  isAbort(error) || (error instanceof LabError && ofTheDevice.has(error.code));
