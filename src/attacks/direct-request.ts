import { arxiv } from '../core/method.ts';
import { conversation, defineAttack } from './attack.ts';

/** The plain request: the baseline for every other attack. No queries. */
export const directRequest = defineAttack({
  id: 'direct-request',
  title: 'Direct request',
  paper: arxiv(
    '2402.04249',
    'HarmBench: A Standardized Evaluation Framework for Automated Red Teaming and Robust Refusal',
  ),
  summary: 'Asks for the behavior in plain words, with nothing added.',
  access: 'black-box',
  needs: [],
  options: {},
  async *run(behavior) {
    yield { step: 0, candidate: behavior.prompt };
    return { messages: conversation(behavior), steps: 0 };
  },
  mutate: (behavior) => ({ messages: conversation(behavior), steps: 0 }),
});
