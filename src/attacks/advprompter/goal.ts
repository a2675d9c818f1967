/** @file A behavior with the suffixes for it: the prompter writes them, the target model scores and answers them. */
import type { Behavior } from '../../core/behavior.ts';
import type { ChatMessage } from '../../core/chat.ts';
import type { Random } from '../../core/random.ts';
import type { ScoringModel, WhiteBoxModel } from '../../models/language-model.ts';
import { conversation, type LearningContext } from '../attack.ts';
import { answerCheck, type CheckedAnswer } from '../parts/success/checked-answer.ts';
import type { SuccessOptions } from '../parts/success/options.ts';
import { placeSuffix, suffixSpan, suffixTokens, withSuffix } from '../parts/suffix/suffix-prompt.ts';
import { targetOf } from '../parts/target.ts';
import { writeSuffix, type BeamOptions } from './suffix-search.ts';

/** Suffixes are given as ids of the prompter's tokenizer. */
export interface Goal {
  readonly behavior: Behavior;
  /** Ids after which the prompter writes the suffix. */
  readonly prefix: readonly number[];
  write(writer: ScoringModel, random: Random): Promise<readonly number[]>;
  text(suffix: readonly number[]): string;
  /** The request with the suffix. */
  candidate(suffix: readonly number[]): string;
  messages(suffix: readonly number[]): readonly ChatMessage[];
  /** Log-probs of the target after each suffix; after the plain request for an empty one. */
  logProbs(suffixes: readonly (readonly number[])[]): Promise<Float32Array[]>;
  check(suffix: readonly number[]): Promise<CheckedAnswer>;
}

export function goalOf(
  behavior: Behavior,
  prompter: WhiteBoxModel,
  model: ScoringModel,
  options: SuccessOptions & Pick<BeamOptions, 'length' | 'penalty'>,
  context: Omit<LearningContext, 'harmless' | 'contrast'>,
): Goal {
  const { signal } = context;
  const place = placeSuffix(behavior);
  const span = suffixSpan(prompter.tokenizer, place);
  const prefix = span.prompt.slice(0, span.start);
  const allowed = suffixTokens(prompter.tokenizer);
  const target = model.tokenizer.encode(targetOf(behavior));
  const text = (suffix: readonly number[]) => prompter.tokenizer.decode(suffix);
  const messages = (suffix: readonly number[]) => place(text(suffix));
  return {
    behavior,
    prefix,
    text,
    messages,
    candidate: (suffix) => withSuffix(behavior.prompt, text(suffix)),
    write: (writer, random) => writeSuffix({ model: writer, prefix, allowed }, options, random, signal),
    logProbs: (suffixes) =>
      model.logProbs(
        suffixes.map((suffix) => ({
          prompt: model.tokenizer.prompt(suffix.length === 0 ? conversation(behavior) : messages(suffix), {
            atAnswer: true,
          }),
          target,
        })),
        { signal },
      ),
    check: (suffix) => answerCheck(behavior, model, options, context)({ messages: messages(suffix) }),
  };
}
