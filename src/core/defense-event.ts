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
  /** Of a detector: the score by which it decided. */
  readonly detection?: Detection;
  /** Spending besides the answer itself: on other models, and on the target when asked more than once. */
  readonly cost?: DefenseCost;
}

export interface DefenseCost {
  /** Texts generated, scored or classified. */
  readonly queries: number;
  /** Prompt and new tokens of generated and scored texts; a classifier's input is not counted in tokens. `null`: unknown. */
  readonly tokens: number | null;
}

/** What a detector saw of a request or its answer, in its own unit. */
export interface Detection {
  readonly score: number;
  readonly threshold: number;
  /** True if low scores are suspicious; else high ones are. */
  readonly below?: true;
  /** Where a calibrated threshold comes from: benign texts, those of them that it flags, and which texts these are. */
  readonly calibration?: {
    readonly benign: number;
    readonly flagged: number;
    readonly texts: 'calibration' | 'contrast';
  };
}
