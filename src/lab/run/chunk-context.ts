/** @file What the trials of a chunk run with. */
import type { AttackResult, AttackStep } from '../../attacks/attack.ts';
import type { AttackOutcome, TrialError } from '../records/trial.ts';
import type { TrialSettings } from '../trials/resolve.ts';
import type { Trial } from '../trials/trials.ts';
import type { AnswerListeners } from './answer.ts';
import type { DefendedModel } from './defended-model.ts';
import type { Lessons } from './learn.ts';
import type { LoadedModels } from './loaded-models.ts';
import type { SignalMeters } from './meter.ts';
import type { PausePoint } from './pause.ts';

export interface ChunkContext extends AnswerListeners {
  readonly settings: TrialSettings;
  readonly models: LoadedModels;
  readonly defended: DefendedModel;
  readonly meters: SignalMeters;
  /** Attack outcomes by the seed of their trial; those that are made are added. */
  readonly outcomes: Map<string, AttackOutcome>;
  /** What attacks learned before the first trial. */
  readonly lessons: Lessons;
  readonly onStep: (trial: Trial, step: AttackStep) => void;
  /** The failure as one to record with its trial. @throws the failure itself, to end the chunk */
  readonly recordable: (failure: unknown, during: TrialError['during']) => TrialError;
  readonly pausePoint?: PausePoint;
  /** What is really sent, given the result of the attack. Default: that result. */
  readonly toSend?: (result: AttackResult) => AttackResult;
}
