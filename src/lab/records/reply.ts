/** @file Replies to single requests outside a run. */
import type { AttackResult } from '../../attacks/attack.ts';
import type { Score } from '../../evaluators/evaluator.ts';
import type { Generation } from '../../models/language-model.ts';
import type { AttackTexts, TrialRecord } from './trial.ts';
import type { Usage } from './usage.ts';

/** `attackResult` is what was sent, after the attack and before the defenses. */
export interface ChatReply extends Pick<
  TrialRecord,
  'attackResult' | 'reading' | 'untranslated' | 'scores' | 'usage'
> {
  readonly generation: Generation;
  readonly elapsedMs: number;
}

/** One prompt of an offline list: what to send for a behavior, and how to make it again. */
export interface MutatedPrompt {
  readonly behavior: string;
  readonly attack: string;
  /** The seed of the list; the prompt's own stream is named by it, the behavior and the attack. */
  readonly seed: number;
  /** Absent for an attack without texts. */
  readonly texts?: AttackTexts;
  readonly result: AttackResult;
}

export interface AttackReply {
  readonly result: AttackResult;
  readonly generation: Generation;
  readonly scores: Readonly<Record<string, Score>>;
  readonly target: Usage;
  /** The record that a run of the same plan and seed would write. */
  readonly record: TrialRecord;
}
