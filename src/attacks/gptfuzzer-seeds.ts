import { arxiv } from '../core/method.ts';
import { joinedPacks, onlyTexts } from '../core/templates.ts';
import { conversation, defineAttack } from './attack.ts';
import { filled, gptfuzzerTexts, seedsOf } from './gptfuzzer.ts';
import { successNeeds, successOptions, successTakes } from './parts/success/options.ts';
import { judgeTexts } from './parts/success/judge-score.ts';
import { textOptions, textsAlone } from './parts/tries/texts-alone.ts';

/** GPTFuzzer's seed templates around the request, in random order: what its mutations have to beat. */
export const gptfuzzerSeeds = defineAttack({
  id: 'gptfuzzer-seeds',
  title: "GPTFuzzer's seeds alone",
  paper: arxiv(
    '2309.10253',
    'GPTFUZZER: Red Teaming Large Language Models with Auto-Generated Jailbreak Prompts',
  ),
  summary: "A baseline: the request within GPTFuzzer's seed templates, one after another, without mutation.",
  differs:
    'The paper compares with the best of its 77 seeds over all questions. Here all seeds are tried on each behavior, ' +
    "with as many answers as GPTFuzzer's mutants ask for.",
  access: 'black-box',
  needs: [],
  needsWhen: successNeeds,
  takesWhen: successTakes,
  templates: joinedPacks(judgeTexts, onlyTexts(gptfuzzerTexts, 'seeds')),
  options: { ...textOptions(40, 'seed'), ...successOptions },
  run(behavior, model, options, context) {
    const { templates, random } = context;
    const seeds = random.fork('seeds').shuffle([...seedsOf(templates)]);
    const prompts = seeds.map((seed) => filled(seed, behavior));
    return textsAlone(behavior, model, prompts, options, context);
  },
  mutate: (behavior, _, { random, templates }) => ({
    messages: conversation(behavior, filled(random.pick(seedsOf(templates)), behavior)),
    steps: 0,
  }),
});
