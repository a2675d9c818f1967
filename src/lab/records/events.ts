/** @file What a run reports while it goes on: loading, preparing, attack steps and finished trials. */
import type { AttackStep } from '../../attacks/attack.ts';
import type { RunArtifact } from '../plan/artifacts.ts';
import type { RunLimit } from '../plan/run-limits.ts';
import type { RunOverview } from './overview.ts';
import type { TrialKey } from './trial.ts';

/** How far a defense has come in learning. */
export interface Preparation {
  readonly model: string;
  readonly defense: string;
  readonly done: number;
  readonly total: number;
}

export interface LoadProgress {
  readonly model: string;
  readonly file: string;
  readonly loadedBytes: number;
  /** `null` when the server does not say. */
  readonly totalBytes: number | null;
}

export type RunEvent =
  | { readonly type: 'load'; readonly progress: LoadProgress }
  | { readonly type: 'prepare'; readonly preparation: Preparation }
  /** What a defense learned about a model: plain data, kept with the run. */
  | ({ readonly type: 'artifact' } & RunArtifact)
  /**
   * Every second: how long the run will go on, about, and how many workers compute it. `null` while nothing says how fast
   * a model is.
   */
  | { readonly type: 'pace'; readonly leftMs: number | null; readonly workers: number }
  | { readonly type: 'trial-start'; readonly key: TrialKey }
  | { readonly type: 'step'; readonly key: TrialKey; readonly step: AttackStep }
  | {
      readonly type: 'trial';
      readonly key: TrialKey;
      readonly finished: number;
      readonly total: number;
    }
  /** The run ends at a limit of its plan. */
  | { readonly type: 'limit'; readonly limit: RunLimit; readonly notAsked: number }
  /** All trials so far; now and then, and at the end. */
  | { readonly type: 'overview'; readonly overview: RunOverview };
