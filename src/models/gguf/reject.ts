/** @file How the readers of GGUF files say that a file cannot be used. */
import { LabError } from '../../core/errors.ts';
import { excerpt } from '../../core/excerpt.ts';

const defaultAdvice = 'Check that the file was downloaded completely and was not changed; then add it again.';

export type Reject = (reason: string, advice?: string) => never;

/** @returns a function that throws LabError 'bad-model' about the file called `name` */
export const rejecting =
  (name: string): Reject =>
  (reason, advice = defaultAdvice) => {
    throw new LabError('bad-model', `${excerpt(name)} is not a usable GGUF file: ${reason}.`, { advice });
  };
