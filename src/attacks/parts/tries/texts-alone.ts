/** @file The hand-written texts of a search, tried without the search: what its own steps have to beat. */
import type { Behavior } from '../../../core/behavior.ts';
import { integer } from '../../../core/options.ts';
import { conversation, type AttackContext, type AttackResult, type AttackStep } from '../../attack.ts';
import type { LanguageModel } from '../../../models/language-model.ts';
import { seedFrom } from '../ask.ts';
import { answerCheck } from '../success/checked-answer.ts';
import type { SuccessOptions } from '../success/options.ts';
import { repeatedTries, type Try } from './repeated-tries.ts';

export const textOptions = (queries: number, unit: string) => ({
  queries: integer({
    description: `Most answers asked for: one greedy one to each ${unit} in turn, then sampled ones in the same order.`,
    default: queries,
    min: 1,
    max: 10_000,
    unit: 'answers',
  }),
  atOnce: integer({
    description: 'Answers asked for at the same time.',
    default: 8,
    min: 1,
    max: 64,
    unit: 'answers',
  }),
});

/** Ask each of `prompts` greedily, then again at temperature 1 while queries are left, until one is answered. */
export function textsAlone(
  behavior: Behavior,
  model: LanguageModel,
  prompts: readonly string[],
  options: SuccessOptions & { readonly queries: number; readonly atOnce: number },
  context: AttackContext,
): AsyncGenerator<AttackStep, AttackResult> {
  const tryOf = (index: number): Try => {
    const candidate = prompts[index % prompts.length]!;
    const seed = seedFrom(context.random.fork(`try ${index}`));
    return {
      candidate,
      messages: conversation(behavior, candidate),
      ...(index >= prompts.length && { sampled: { sampling: { temperature: 1, topP: 1 }, seed } }),
      note: { text: index % prompts.length },
    };
  };
  const check = answerCheck(behavior, model, options, context);
  const tries = { ...options, samples: options.queries, stop: 'first' } as const;
  return repeatedTries(tryOf, check, tries, context);
}
