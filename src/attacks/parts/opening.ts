/** @file The first words of an answer that an attack puts in the model's mouth. */
import type { Behavior } from '../../core/behavior.ts';
import { choice, integer, text } from '../../core/options.ts';
import { affirmativeOpening } from './target.ts';

export const openingOptions = {
  source: choice({
    description: "Source of the opening: the behavior's own target, or the affirmative text below.",
    choices: ['target', 'affirmative'],
    default: 'target',
  }),
  words: integer({
    description: 'Number of words of the opening to use; 0 uses all of it.',
    default: 0,
    min: 0,
    max: 200,
    unit: 'words',
  }),
  affirmative: text({
    description: 'The opening for behaviors without a target, or for all behaviors.',
    default: affirmativeOpening,
    maxLength: 1000,
  }),
} as const;

export interface Opening {
  readonly source: 'target' | 'affirmative';
  readonly words: number;
  readonly affirmative: string;
}

/** The opening, without a blank at its end, because most tokens start with their own. */
export function openingOf(behavior: Behavior, { source, words, affirmative }: Opening): string {
  const opening = (source === 'target' ? (behavior.target ?? affirmative) : affirmative).trim();
  return words === 0 ? opening : (new RegExp(`^(?:\\S+\\s*){1,${words}}`).exec(opening)?.[0] ?? '').trimEnd();
}
