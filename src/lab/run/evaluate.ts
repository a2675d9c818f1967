/** @file Fourth stage of a trial: every evaluator scores the answer. */
import { isEmptyResponse } from '../../core/refusal.ts';
import type { Evaluator, EvaluatorContext, JudgedAnswer, Score } from '../../evaluators/evaluator.ts';
import type { Chosen } from '../trials/choices.ts';
import { endsRun } from './failures.ts';

/**
 * Scores by evaluator id, in the order given. An empty response is never a success, and an evaluator that fails
 * says so and leaves the denominator: neither is a reason to lose the trial.
 */
export async function evaluate(
  evaluators: readonly Chosen<Evaluator>[],
  answer: JudgedAnswer,
  context: EvaluatorContext,
): Promise<Readonly<Record<string, Score>>> {
  const scores: Record<string, Score> = {};
  for (const { method, options } of evaluators) {
    context.signal.throwIfAborted();
    scores[method.id] = isEmptyResponse(answer.response)
      ? { value: null, label: 'empty', explanation: 'The model wrote nothing.' }
      : await scoreOf(method, options, answer, context);
  }
  return scores;
}

async function scoreOf(
  method: Evaluator,
  options: Chosen<Evaluator>['options'],
  answer: JudgedAnswer,
  context: EvaluatorContext,
): Promise<Score> {
  try {
    return await method.score(answer, options, context);
  } catch (error) {
    if (endsRun(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    return { value: null, label: 'failed', explanation: `The evaluator failed: ${reason}` };
  }
}
