/** @file How well a prompt with a suffix reads: its cross-entropy as text, and how often it repeats tokens. */
import type { ScoringModel, ScoringOptions } from '../../../models/language-model.ts';
import { replaceSpan } from '../../../models/prompt-span.ts';
import type { Suffix, SuffixPrompt } from './suffix-prompt.ts';

/** A suffix in its prompt, as the model reads both and what should follow. */
export interface PromptReading {
  /** Log-probs of the target, shape [T]. */
  readonly target: Float32Array;
  /** Cross-entropy of all tokens of the prompt but the first, nats per token. */
  readonly fluency: number;
  /** As `repetition` of the prompt. */
  readonly repetition: number;
}

/**
 * Reads prompts with their suffixes; what stands before the suffix is the same in all of them and read once.
 * @returns a reader of suffixes, in their order
 */
export async function promptReader(
  { model, span, target }: SuffixPrompt,
  options: ScoringOptions,
): Promise<(suffixes: readonly Suffix[]) => Promise<PromptReading[]>> {
  const before = span.prompt.slice(0, span.start);
  const [opening] = before.length > 1 ? await textLogProbs(model, [before], options) : [new Float32Array()];
  return async (suffixes) => {
    const prompts = suffixes.map(({ ids }) => replaceSpan(span, ids));
    const requests = prompts.map((ids) => ({
      prompt: before,
      target: [...ids.slice(before.length), ...target],
    }));
    const scored = await model.logProbs(requests, options);
    return prompts.map((ids, i) => {
      const rest = ids.length - before.length;
      const nats = -total(opening!) - total(scored[i]!.subarray(0, rest));
      return {
        target: scored[i]!.slice(rest),
        fluency: nats / (ids.length - 1),
        repetition: repetition(ids),
      };
    });
  };
}

/** Log-probs of all tokens but the first, of texts of at least two tokens. */
export const textLogProbs = (
  model: ScoringModel,
  texts: readonly (readonly number[])[],
  options: ScoringOptions,
): Promise<Float32Array[]> =>
  model.logProbs(
    texts.map((ids) => ({ prompt: ids.slice(0, 1), target: ids.slice(1) })),
    options,
  );

const total = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0);

/** Grows faster than the number of repeats. */
const exponent = 1.5;

/** Per token: the sum, over distinct tokens, of (occurrences − 1)^1.5. Zero for a text without repeats. */
export function repetition(ids: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  return [...counts.values()].reduce((sum, count) => sum + (count - 1) ** exponent, 0) / ids.length;
}
