/** @file Token-level defenses steer the decode loop, which takes one policy. */
import { LabError } from '../../core/errors.ts';
import type { GenerateOptions } from '../../models/language-model.ts';

/** @throws LabError 'not-supported' if a request brings a decoding policy of its own */
export function refusePolicy(title: string, { policy }: GenerateOptions): void {
  if (policy === undefined) return;
  throw new LabError('not-supported', `${title} cannot share the decode loop with another policy.`, {
    advice: 'Keep one token-level defense in the stack.',
  });
}
