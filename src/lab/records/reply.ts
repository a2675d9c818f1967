/** @file The reply to a single request outside a run. */
import type { AttackResult } from '../../attacks/attack.ts';
import type { Score } from '../../evaluators/evaluator.ts';
import type { Generation } from '../../models/language-model.ts';
import type { TrialRecord } from './trial.ts';
import type { Usage } from './usage.ts';

/** `attackResult` is what was really sent, after the attack and before the defenses. */
export interface ChatReply extends Pick<
  TrialRecord,
  'attackResult' | 'reading' | 'untranslated' | 'scores' | 'usage'
> {
  readonly generation: Generation;
  readonly elapsedMs: number;
}

export interface AttackReply {
  readonly result: AttackResult;
  readonly generation: Generation;
  readonly scores: Readonly<Record<string, Score>>;
  readonly target: Usage;
  /** The attempt as a run of the same plan and seed would record it, so that it can be stored as one. */
  readonly record: TrialRecord;
}
