/** @file The further suffixes that a search with a buffer starts from. */
import type { Random } from '../../core/random.ts';
import {
  retokenizedSuffix,
  suffixTokens,
  type Suffix,
  type SuffixPrompt,
} from '../parts/suffix/suffix-prompt.ts';

/** Tokens of the further entries in the initial attack buffer. */
const singleCharacter = /^\s?[A-Za-z!?.,;:%&*()@#$]$/;

/** Up to `count` suffixes as long as `like`, of random letters and marks. */
export function randomSuffixes(prompt: SuffixPrompt, like: Suffix, count: number, random: Random): Suffix[] {
  const { tokenizer } = prompt.model;
  const ids = suffixTokens(tokenizer).filter((id) => singleCharacter.test(tokenizer.decode([id])));
  return Array.from({ length: ids.length > 0 ? count : 0 }, () =>
    retokenizedSuffix(
      [prompt],
      like.ids.map(() => random.pick(ids)),
    ),
  ).filter((suffix) => suffix !== null);
}
