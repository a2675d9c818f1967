/** @file The reply to a single request outside a run. */
import type { AttackResult } from '../../attacks/attack.ts';
import type { Score } from '../../evaluators/evaluator.ts';
import type { Generation } from '../../models/language-model.ts';
import type { TrialRecord } from './trial.ts';
import type { Usage } from './usage.ts';

export interface ChatReply {
  readonly generation: Generation;
  /** The answer decoded or in English, where that is what the evaluators judged. */
  readonly reading?: TrialRecord['reading'];
  /** Why an answer in another language was judged as it came. */
  readonly untranslated?: TrialRecord['untranslated'];
  /** What was really sent, after the attack and before the defenses. */
  readonly attackResult: AttackResult;
  readonly scores: Readonly<Record<string, Score>>;
  readonly usage: TrialRecord['usage'];
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
