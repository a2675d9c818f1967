/** @file Independent tries at one behavior, each answered and checked; the first success ends them. */
import type { ChatMessage } from '../../../core/chat.ts';
import { choice, integer } from '../../../core/options.ts';
import type { Tries } from '../../../core/success-at-k.ts';
import type { Sampling } from '../../../models/language-model.ts';
import type { AttackContext, AttackResult, AttackStep } from '../../attack.ts';
import type { AnswerCheck } from '../success/checked-answer.ts';
import type { TestOptions } from '../success/options.ts';
import { collectFindings } from '../success/outcomes.ts';
import { fitSuccessCurve, successCurve } from './success-curve.ts';

/** To be spread among the options of a method that makes independent tries. */
export const tryOptions = {
  atOnce: integer({
    description: 'Tries answered at the same time.',
    default: 8,
    min: 1,
    max: 64,
    unit: 'tries',
  }),
  stop: choice({
    description: 'Stop at the first success, or make all tries and measure the success curve.',
    choices: ['first', 'never'],
    default: 'first',
  }),
};

/** One way of asking, with the random stream of its answer. */
export interface Try {
  /** As the user would read it. */
  readonly candidate: string;
  readonly messages: readonly ChatMessage[];
  /** Absent for a greedy answer. */
  readonly sampled?: { readonly sampling: Sampling; readonly seed: string };
  /** Further fields for the step to show. */
  readonly note?: Readonly<Record<string, unknown>>;
}

/** The success curve of all tries, with its power law if one can be fitted. */
function measurementOf(all: Tries): Readonly<Record<string, unknown>> {
  const law = fitSuccessCurve([all]);
  return { curve: successCurve([all]), ...(law && { law: { ...law } }) };
}

/**
 * Make tries until one succeeds or `samples` are used up, and keep the first of those with the best verdict. With
 * `stop: never` the last step holds the success curve over tries and its power law.
 * The result names the random stream of its answer, so that the same model gives it again.
 */
export async function* repeatedTries(
  tryOf: (index: number) => Try,
  check: AnswerCheck,
  options: Pick<TestOptions, 'success'> & {
    readonly samples: number;
    readonly atOnce: number;
    readonly stop: 'first' | 'never';
  },
  context: Pick<AttackContext, 'fills' | 'signal' | 'spent'>,
): AsyncGenerator<AttackStep, AttackResult> {
  const tryOnce = async (index: number) => {
    const made = tryOf(index);
    return { made, answer: await check({ messages: made.messages }, made.sampled) };
  };
  let [tries, successes] = [0, 0];
  const found = collectFindings<Try>(options, context);
  const done = () => tries >= options.samples || (options.stop === 'first' && successes > 0);
  while (!done() && !context.spent()) {
    context.signal.throwIfAborted();
    const count = Math.min(options.atOnce, options.samples - tries);
    const start = tries;
    const round = await Promise.all(Array.from({ length: count }, (_, i) => tryOnce(start + i)));
    for (const { made, answer } of round) {
      // The tries of a round run at the same time; those after the first success do not count.
      if (done()) break;
      tries++;
      if (answer.verdict === 'answered') successes++;
      found.add(made, answer);
      yield {
        step: tries - 1,
        candidate: made.candidate,
        detail: {
          ...made.note,
          ...answer,
          tries,
          successes,
          ...(options.stop === 'never' && tries === options.samples && measurementOf({ tries, successes })),
        },
      };
    }
  }
  const { messages, sampled } = found.best!.candidate;
  return { messages, ...sampled, steps: tries, ...found.end };
}
