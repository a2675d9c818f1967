/** @file A part of a run, as links and pages name it. */
import type { TrialKey } from './trial.ts';

/** A cell of the matrix, in each mode that the plan runs it in; with `behavior`, one trial of it. */
export interface RunPart extends Pick<TrialKey, 'model' | 'attack' | 'defense'> {
  readonly behavior?: string | undefined;
}
