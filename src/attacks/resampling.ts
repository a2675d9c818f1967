import { arxiv } from '../core/method.ts';
import { integer, number } from '../core/options.ts';
import { conversation, defineAttack } from './attack.ts';
import { seedFrom } from './parts/ask.ts';
import { answerCheck } from './parts/success/checked-answer.ts';
import { successNeeds, successOptions, successTakes } from './parts/success/options.ts';
import { judgeTexts } from './parts/success/judge-score.ts';
import { repeatedTries, tryOptions } from './parts/tries/repeated-tries.ts';

/**
 * Repeated sampling: the plain request again and again, until one answer succeeds. The baseline of every attack that
 * asks the model more than once: what it gains beyond as many answers to the plain request is due to its prompts.
 */
export const resampling = defineAttack({
  id: 'resampling',
  title: 'Resampling',
  paper: arxiv('2412.03556', 'Best-of-N Jailbreaking'),
  summary: 'A baseline: samples several answers to the plain request, and keeps the first that succeeds.',
  differs:
    'The paper has repeated sampling without augmentations as the baseline of its own attack; here it stands ' +
    'beside every attack that asks the model more than once. Set `samples` to the queries of the attack that it is ' +
    'compared with.',
  access: 'black-box',
  needs: [],
  needsWhen: successNeeds,
  takesWhen: successTakes,
  templates: judgeTexts,
  options: {
    samples: integer({
      description: 'Answers sampled, k.',
      default: 64,
      min: 1,
      max: 10_000,
      unit: 'answers',
    }),
    ...tryOptions,
    temperature: number({ description: 'Temperature of the answers.', default: 1, min: 0, max: 2 }),
    ...successOptions,
  },
  async *run(behavior, model, options, context) {
    const sampling = { temperature: options.temperature, topP: 1 };
    const asked = { candidate: behavior.prompt, messages: conversation(behavior) };
    const tryOf = (index: number) => ({
      ...asked,
      sampled: { sampling, seed: seedFrom(context.random.fork(`try ${index}`)) },
    });
    const check = answerCheck(behavior, model, options, context);
    return yield* repeatedTries(tryOf, check, options, context);
  },
  mutate: (behavior, { temperature }) => ({
    messages: conversation(behavior),
    sampling: { temperature, topP: 1 },
    steps: 0,
  }),
});
