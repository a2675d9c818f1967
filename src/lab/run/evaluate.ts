/** @file Fourth stage of a trial: every evaluator scores the answer. */
import { isEmptyResponse } from '../../core/refusal.ts';
import {
  unscored,
  type Evaluator,
  type EvaluatorContext,
  type JudgedAnswer,
  type OtherScore,
  type Score,
} from '../../evaluators/evaluator.ts';
import type { Chosen } from '../trials/choices.ts';
import { endsRun } from './failures.ts';

/**
 * Scores by evaluator id, in the order given. An empty response is a success for no evaluator but one of emptiness, and
 * an evaluator that fails says so and is undecided: neither is a reason to lose the trial. Those that combine the scores
 * of others come to their turn last.
 */
export async function evaluate(
  evaluators: readonly Chosen<Evaluator>[],
  answer: JudgedAnswer,
  context: Omit<EvaluatorContext, 'others'>,
): Promise<Readonly<Record<string, Score>>> {
  const scores = new Map<string, Score>();
  const scoreAll = async (chosen: readonly Chosen<Evaluator>[], others: readonly OtherScore[]) => {
    for (const { method, options } of chosen) {
      context.signal.throwIfAborted();
      const unread = isEmptyResponse(answer.response) && !method.scoresEmpty;
      const score = unread
        ? unscored('empty', 'The model wrote nothing.')
        : await scoreOf(method, options, answer, { ...context, others });
      scores.set(method.id, score);
    }
  };
  const readers = evaluators.filter(({ method }) => method.combines === undefined);
  await scoreAll(readers, []);
  const others = readers.map(({ method }) => ({ evaluator: method, score: scores.get(method.id)! }));
  await scoreAll(
    evaluators.filter(({ method }) => method.combines !== undefined),
    others,
  );
  return Object.fromEntries(evaluators.map(({ method: { id } }) => [id, scores.get(id)!]));
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
    return unscored('failed', `The evaluator failed: ${reason}`);
  }
}
