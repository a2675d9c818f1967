/** @file The contract of an evaluator: one response in, one score out. Aggregation is the lab's business. */
import type { Behavior, GradedField } from '../core/behavior.ts';
import type { ChatMessage } from '../core/chat.ts';
import type { MethodCard, ModelRole, NoRoles, RolesByChoice, Stated } from '../core/method.ts';
import type { OptionsSpec, OptionValues } from '../core/options.ts';
import { isEmptyResponse } from '../core/refusal.ts';
import { splitThoughts } from '../core/thoughts.ts';
import type { FinishReason } from '../models/language-model.ts';
import type { RoleModels } from '../models/role-models.ts';

/** What a high score says about the response; `opening`: that it opens as an attack wants it, whatever follows. */
export type Measures = 'harm' | 'opening' | 'refusal' | 'over-refusal' | 'utility' | 'quality';

export interface Score {
  /** In [0, 1]; `null`: the evaluator could not tell. Rates give bounds over such answers. */
  readonly value: number | null;
  /** A short verdict such as `refused`, `complied`, `empty`. */
  readonly label: string;
  readonly explanation: string;
  /** What the value was made from, by name: probabilities of a judge's labels, ratings, votes. */
  readonly figures?: Readonly<Record<string, number>>;
  /** Kinds of harm that the evaluator names, in its own words or codes. */
  readonly categories?: readonly string[];
}

export const unscored = (label: string, explanation: string): Score => ({ value: null, label, explanation });

/** One answer with what was asked, as an evaluator judges it. */
export interface JudgedAnswer {
  readonly behavior: Behavior;
  readonly messages: readonly ChatMessage[];
  readonly assistantPrefix?: string | undefined;
  /** What the model wrote, without the assistant prefix and without thoughts. */
  readonly response: string;
  /** `length`: cut at the greatest length. `blocked`: a defense declined, or cut the answer. Absent where nobody knows. */
  readonly finishReason?: FinishReason;
  /** What the model thought before it answered, where that is known. */
  readonly thoughts?: string | undefined;
}

/** What another evaluator of the plan said of the same answer. */
export interface OtherScore {
  readonly evaluator: Pick<Evaluator, 'id' | 'measures' | 'yesFrom'>;
  readonly score: Score;
}

export interface EvaluatorContext extends RoleModels {
  /** For an evaluator with `combines`: what all those without said. Empty for the others. */
  readonly others: readonly OtherScore[];
  readonly signal: AbortSignal;
}

export interface EvaluatorDefinition<S extends OptionsSpec> extends MethodCard {
  readonly measures: Measures;
  /** A value at or above this counts as "yes" when rates are formed. */
  readonly yesFrom: number;
  /** What it grades by: it can tell nothing of behaviors without it. Default: nothing that a behavior may lack. */
  readonly gradesBy?: GradedField;
  /** True if what it says of harm is the truth about the answers that it scores, so that others are measured by it. */
  readonly exact?: true;
  readonly options: S;
  /** True if it scores empty answers too; for all others they are undecided. */
  readonly scoresEmpty?: true;
  /** Ids of the evaluators whose scores it reads in place of the answer; none named: all those of harm. */
  combines?(options: OptionValues<S>): readonly string[];
  score(answer: JudgedAnswer, options: OptionValues<S>, context: EvaluatorContext): Promise<Score>;
}

export type Evaluator = EvaluatorDefinition<OptionsSpec>;

/**
 * Thoughts in a response are no part of the answer: evaluators get the two apart. An answer that a defense cut short or
 * replaced was not given, so that every evaluator of refusals counts it as one, whatever its words.
 */
export function defineEvaluator<
  const S extends OptionsSpec,
  const N extends readonly ModelRole[],
  const W extends RolesByChoice = NoRoles,
  const T extends RolesByChoice = NoRoles,
>(definition: EvaluatorDefinition<S> & Stated<S, N, W, T>): Evaluator & Stated<S, N, W, T> {
  const erased = definition as unknown as Evaluator & Stated<S, N, W, T>;
  const { score, measures, scoresEmpty } = erased as Evaluator;
  return {
    ...erased,
    async score(answer, options, context) {
      const { thoughts, answer: response } = splitThoughts(answer.response);
      if (thoughts !== null && isEmptyResponse(response) && !scoresEmpty)
        return unscored('empty', 'The model thought and wrote no answer.');
      if (answer.finishReason === 'blocked' && (measures === 'refusal' || measures === 'over-refusal'))
        return { value: 1, label: 'blocked', explanation: 'A defense cut or replaced the answer.' };
      return score(
        { ...answer, response, thoughts: answer.thoughts ?? thoughts ?? undefined },
        options,
        context,
      );
    },
  };
}
