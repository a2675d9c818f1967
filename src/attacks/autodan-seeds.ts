import { lastUserText } from '../core/chat.ts';
import { LabError } from '../core/errors.ts';
import { arxiv } from '../core/method.ts';
import { joinedPacks, onlyTexts, templateOf } from '../core/templates.ts';
import { defineAttack } from './attack.ts';
import { autodanTexts, promptWith } from './autodan.ts';
import { successNeeds, successOptions, successTakes } from './parts/success/options.ts';
import { judgeTexts } from './parts/success/judge-score.ts';
import { textOptions, textsAlone } from './parts/tries/texts-alone.ts';

/** AutoDAN's hand-written seeds before the request, in random order: what its genetic search has to beat. */
export const autodanSeeds = defineAttack({
  id: 'autodan-seeds',
  title: "AutoDAN's seeds alone",
  paper: arxiv(
    '2310.04451',
    'AutoDAN: Generating Stealthy Jailbreak Prompts on Aligned Large Language Models',
  ),
  summary: "A baseline: AutoDAN's seed texts before the request, one after another, without breeding.",
  differs:
    'The paper compares with one hand-written prompt. Here all seeds are tried, with as many answers as ' +
    "AutoDAN's twelve generations and its start ask for.",
  access: 'black-box',
  needs: [],
  needsWhen: successNeeds,
  takesWhen: successTakes,
  templates: joinedPacks(judgeTexts, onlyTexts(autodanTexts, 'seeds')),
  options: { ...textOptions(13, 'seed'), ...successOptions },
  run(behavior, model, options, context) {
    const { templates, random } = context;
    const seeds = random.fork('seeds').shuffle(templates['seeds'] ?? []);
    if (seeds.length === 0)
      throw new LabError('bad-input', 'There are no seed texts to try.', {
        advice: 'Give the template pack texts "seeds".',
      });
    const prompts = seeds.map((seed) => lastUserText(promptWith(behavior, seed)));
    return textsAlone(behavior, model, prompts, options, context);
  },
  mutate: (behavior, _, { random, templates }) => ({
    messages: promptWith(behavior, templateOf(templates, 'seeds', random)),
    steps: 0,
  }),
});
