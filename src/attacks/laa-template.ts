import { arxiv } from '../core/method.ts';
import { joinedPacks } from '../core/templates.ts';
import { conversation, defineAttack } from './attack.ts';
import { laaTexts, request } from './laa.ts';
import { successNeeds, successOptions, successTakes } from './parts/success/options.ts';
import { judgeTexts } from './parts/success/judge-score.ts';
import { textOptions, textsAlone } from './parts/tries/texts-alone.ts';

/** LAA's template of rules around the request, without a suffix: what its random search has to beat. */
export const laaTemplate = defineAttack({
  id: 'laa-template',
  title: "LAA's template alone",
  paper: arxiv('2404.02151', 'Jailbreaking Leading Safety-Aligned LLMs with Simple Adaptive Attacks'),
  summary: "A baseline: the request within LAA's template of rules, without a suffix and without a search.",
  differs:
    'The paper reports the template alone as its first ablation. One greedy answer by default, as LAA asks for one ' +
    'at its end; further answers are sampled.',
  access: 'black-box',
  needs: [],
  needsWhen: successNeeds,
  takesWhen: successTakes,
  templates: joinedPacks(judgeTexts, laaTexts),
  options: { ...textOptions(1, 'template'), ...successOptions },
  run: (behavior, model, options, context) =>
    textsAlone(behavior, model, [request(behavior, 'rules', context.templates)], options, context),
  mutate: (behavior, _, { templates }) => ({
    messages: conversation(behavior, request(behavior, 'rules', templates)),
    steps: 0,
  }),
});
