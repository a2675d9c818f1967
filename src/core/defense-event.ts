/**
 * @file What defenses report of a request, as plain data: a reply carries it through every layer, from the defense that
 * acted to the record and the page.
 */

/** What one defense did to one request. */
export interface DefenseEvent {
  readonly defense: string;
  readonly action: 'passed' | 'edited' | 'blocked' | 'resampled' | 'steered';
  readonly reason: string;
  /** Measurements for the trial's record; plain numbers and strings. */
  readonly detail?: Readonly<Record<string, number | string | boolean>>;
  /** Spending besides the answer itself: on other models, and on the target when asked more than once. */
  readonly cost?: DefenseCost;
}

export interface DefenseCost {
  /** Texts generated, scored or classified. */
  readonly queries: number;
  /** Prompt and new tokens of generated and scored texts; a classifier's input is not counted in tokens. `null`: unknown. */
  readonly tokens: number | null;
}
