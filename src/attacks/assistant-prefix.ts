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

/** The opening itself. It ends without a blank, because most tokens bring their own. */
const openingOf = (behavior: Behavior, { source, words, affirmative }: Opening): string => {
  const whole = (source === 'target' ? (behavior.target ?? affirmative) : affirmative).trim();
  return words === 0 ? whole : (new RegExp(`^(?:\\S+\\s*){1,${words}}`).exec(whole)?.[0] ?? '').trimEnd();
};

const prefilled = (behavior: Behavior, options: Opening): AttackResult => {
  const assistantPrefix = openingOf(behavior, options);
  return {
    messages: conversation(behavior),
    ...(assistantPrefix !== '' && { assistantPrefix }),
    steps: 0,
  };
};

/**
 * The prefilling attack: the request stays plain, and the answer already begins with words put in the model's mouth.
 * Also studied as the measure of how deep safety training goes (https://arxiv.org/abs/2406.05946), where the prefix
 * is the first k tokens of a harmful answer; here k counts words of the target, so that it means the same for every
 * tokenizer. No queries.
 */
export const assistantPrefix = defineAttack({
  id: 'assistant-prefix',
  title: 'Assistant prefix',
  paper: arxiv('2404.02151', 'Jailbreaking Leading Safety-Aligned LLMs with Simple Adaptive Attacks'),
  summary: 'Starts the answer for the model, so that it goes on from an agreement it never gave.',
  differs: "The paper's retries at temperature 1 are the plan's sampling.",
  access: 'black-box',
  needs: [],
  options: {
    source: choice({
      description: "Where the opening comes from: the behavior's own target, or the affirmative text below.",
      choices: ['target', 'affirmative'],
      default: 'target',
    }),
    words: integer({
      description: 'How many words of the opening to put in; 0 puts in all of it.',
      default: 0,
      min: 0,
      max: 200,
      unit: 'words',
    }),
    affirmative: text({
      description: 'The opening for behaviors without a target, or for all of them.',
      default: affirmativeOpening,
      maxLength: 1000,
    }),
  },
  async *run(behavior, _model, options) {
    const result = prefilled(behavior, options);
    yield { step: 0, candidate: result.assistantPrefix ?? '' };
    return result;
  },
  mutate: (behavior, options) => prefilled(behavior, options),
});
