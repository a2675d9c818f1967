/** @file The contract of a file format of other tools: trials in, text out, one after another. */
import type { Access } from '../../../core/method.ts';
import type { PlanOutline } from '../../plan/outline.ts';
import { digestOf } from '../../records/digest.ts';
import type { RunHead } from '../../records/run.ts';
import type { TrialRecord } from '../../records/trial.ts';
import { outcomeOf, successEvaluators, type ScoringEvaluator } from '../verdicts.ts';

export interface FormatSource extends Omit<RunHead, 'plan'> {
  readonly plan: PlanOutline;
  /** Cards of the plan's evaluators. */
  readonly evaluators: readonly ScoringEvaluator[];
  /** What an attack needs of the model, by the id of one that is no chain. */
  readonly accessOf: (attack: string) => Access;
}

export interface Format {
  readonly head: string;
  /** Called in the order of the plan. May be empty. */
  trial(record: TrialRecord): string;
  tail(): string;
}

/** @returns what a trial counts as by the first evaluator of success; `null` where it could not tell */
export function successIn({
  evaluators,
}: Pick<FormatSource, 'evaluators'>): (record: TrialRecord) => boolean | null {
  const [first] = successEvaluators(evaluators);
  return (record) => (first ? outcomeOf(first, digestOf(record)) : null);
}

/** What the user said last in what was sent. */
export const lastPrompt = ({ attackResult }: TrialRecord): string =>
  attackResult.messages.findLast(({ role }) => role === 'user')?.content ?? '';

/** What evaluators judged. */
export const judgedText = ({ response, reading = response }: TrialRecord): string => reading;
