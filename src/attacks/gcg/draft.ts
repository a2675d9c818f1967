/** @file The draft model of probe sampling, which has a tokenizer of its own. */
import type { Behavior } from '../../core/behavior.ts';
import type { ScoringModel, ScoringOptions } from '../../models/language-model.ts';
import type { Placement } from '../../models/prompt-span.ts';
import type { Suffix } from '../parts/suffix/suffix-prompt.ts';
import { crossEntropy, targetOf } from '../parts/target.ts';

/** The loss of the target after each suffix, nats per token. */
export async function draftLosses(
  draft: ScoringModel,
  behavior: Behavior,
  place: Placement,
  suffixes: readonly Suffix[],
  options: ScoringOptions,
): Promise<number[]> {
  const target = draft.tokenizer.encode(targetOf(behavior));
  const requests = suffixes.map(({ text }) => ({
    prompt: draft.tokenizer.prompt(place(text), { atAnswer: true }),
    target,
  }));
  return (await draft.logProbs(requests, options)).map(crossEntropy);
}
