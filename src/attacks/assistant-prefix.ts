import type { Behavior } from '../core/behavior.ts';
import { arxiv } from '../core/method.ts';
import { choice, integer, text } from '../core/options.ts';
import { conversation, defineAttack, type AttackResult } from './attack.ts';
import { affirmativeOpening } from './parts/target.ts';

interface Opening {
  readonly source: 'target' | 'affirmative';
  readonly words: number;
  readonly affirmative: string;
}

/** The opening, without a blank at its end, because most tokens start with their own. */
const openingOf = (behavior: Behavior, { source, words, affirmative }: Opening): string => {
  const opening = (source === 'target' ? (behavior.target ?? affirmative) : affirmative).trim();
  return words === 0 ? opening : (new RegExp(`^(?:\\S+\\s*){1,${words}}`).exec(opening)?.[0] ?? '').trimEnd();
};

const resultOf = (behavior: Behavior, options: Opening): AttackResult => {
  const assistantPrefix = openingOf(behavior, options);
  return {
    messages: conversation(behavior),
    ...(assistantPrefix !== '' && { assistantPrefix }),
    steps: 0,
  };
};

/**
 * The prefilling attack: the request stays plain, and the answer begins with words put in the model's mouth. No queries.
 * Also used to measure how deep safety training goes (https://arxiv.org/abs/2406.05946), where the prefix is the first
 * k tokens of a harmful answer; here k counts words of the target, so that it means the same for every tokenizer.
 */
export const assistantPrefix = defineAttack({
  id: 'assistant-prefix',
  title: 'Assistant prefix',
  paper: arxiv('2404.02151', 'Jailbreaking Leading Safety-Aligned LLMs with Simple Adaptive Attacks'),
  summary: 'Starts the answer for the model, so that it continues from an agreement it never gave.',
  differs: "The paper retries at temperature 1; here the plan's sampling decides.",
  access: 'black-box',
  needs: [],
  options: {
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
  },
  async *run(behavior, _model, options) {
    const result = resultOf(behavior, options);
    yield { step: 0, candidate: result.assistantPrefix ?? '' };
    return result;
  },
  mutate: (behavior, options) => resultOf(behavior, options),
});
