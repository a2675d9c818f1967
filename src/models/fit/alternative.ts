/** @file The best model that a device can run in place of one that it cannot. Pure. */
import type { Fit } from './fit.ts';

export interface Candidate {
  readonly id: string;
  readonly title: string;
  /** Builds of one model share it. */
  readonly model: string;
  readonly family: string;
  readonly kind: string;
  readonly parameters: number;
  readonly fit: Fit;
}

/**
 * Another build of the same model, else the largest of its family that is not larger, else the largest of its kind that
 * is not larger. Only models that will run count.
 * @returns `null` if there is none
 */
export function bestAlternative(wanted: Candidate, candidates: readonly Candidate[]): Candidate | null {
  const fitting = candidates
    .filter(({ id, kind, fit }) => id !== wanted.id && kind === wanted.kind && fit.verdict === 'will run')
    .filter(({ parameters }) => parameters <= wanted.parameters)
    .toSorted((a, b) => b.parameters - a.parameters);
  return (
    fitting.find(({ model }) => model === wanted.model) ??
    fitting.find(({ family }) => family === wanted.family) ??
    fitting[0] ??
    null
  );
}
