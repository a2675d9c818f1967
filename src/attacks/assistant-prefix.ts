import type { Behavior } from '../core/behavior.ts';
import { arxiv } from '../core/method.ts';
import { conversation, defineAttack, type AttackResult } from './attack.ts';
import { openingOf, openingOptions, type Opening } from './parts/opening.ts';

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
 * k tokens of a harmful answer; here k counts words of the target, so that it means the same for every tokenizer. The
 * attack `reasoning-prefill` puts a thought there.
 */
export const assistantPrefix = defineAttack({
  id: 'assistant-prefix',
  title: 'Assistant prefix',
  paper: arxiv('2404.02151', 'Jailbreaking Leading Safety-Aligned LLMs with Simple Adaptive Attacks'),
  summary: 'Starts the answer for the model, so that it continues from an agreement it never gave.',
  differs: "The paper retries at temperature 1; here the plan's sampling decides.",
  access: 'black-box',
  needs: [],
  options: openingOptions,
  async *run(behavior, _model, options) {
    const result = resultOf(behavior, options);
    yield { step: 0, candidate: result.assistantPrefix ?? '' };
    return result;
  },
  mutate: (behavior, options) => resultOf(behavior, options),
});
