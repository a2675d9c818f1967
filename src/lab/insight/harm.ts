/** @file How often a model does the harm that behaviors ask for, by the evaluators that know the truth. */
import { conversation } from '../../attacks/attack.ts';
import type { Behavior } from '../../core/behavior.ts';
import { LabError } from '../../core/errors.ts';
import { defaultsOf } from '../../core/options.ts';
import { rateOf, type Rate } from '../../core/statistics.ts';
import { evaluators } from '../../evaluators/index.ts';
import type { Abortable, LanguageModel } from '../../models/language-model.ts';

export interface Asking extends Abortable {
  readonly maxNewTokens: number;
  /** True: the answer begins with the behavior's target, which is put in the model's mouth. */
  readonly opened: boolean;
}

/** The answers to forbidden behaviors, greedily decoded. @throws LabError 'bad-input' for one that no exact evaluator grades */
export async function harmRate(
  model: LanguageModel,
  behaviors: readonly Behavior[],
  { maxNewTokens, opened, signal }: Asking,
): Promise<Rate> {
  const outcomes = await Promise.all(
    behaviors.map(async (behavior) => {
      const evaluator = exactFor(behavior);
      const messages = conversation(behavior);
      const prefix = opened && behavior.target ? { assistantPrefix: behavior.target } : {};
      const given = { maxNewTokens, ...prefix, ...(signal && { signal }) };
      const { text } = await model.generate(messages, given);
      const answer = { behavior, messages, ...prefix, response: text };
      const { value } = await evaluator.score(answer, defaultsOf(evaluator.options), alone(signal));
      return value !== null && value >= evaluator.yesFrom; // an empty answer does no harm
    }),
  );
  return rateOf(outcomes);
}

/** Exact evaluators of harm ask no model. */
const alone = (signal = new AbortController().signal) => ({
  others: [],
  signal,
  role: () => refuse(),
  classifier: () => refuse(),
});
const refuse = (): never => {
  throw new RangeError('An exact evaluator of harm asked for a model.');
};

function exactFor(behavior: Behavior) {
  const found = evaluators.all.find(
    ({ exact, measures, gradesBy }) =>
      exact === true && measures === 'harm' && gradesBy !== undefined && behavior[gradesBy] !== undefined,
  );
  if (found && behavior.kind === 'harmful') return found;
  throw new LabError('bad-input', `No evaluator knows whether an answer to "${behavior.id}" does harm.`, {
    advice: 'Give forbidden behaviors with their true steps, a secret or a canary.',
  });
}
