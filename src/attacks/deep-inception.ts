import type { Behavior } from '../core/behavior.ts';
import { LabError } from '../core/errors.ts';
import { arxiv } from '../core/method.ts';
import { integer, text } from '../core/options.ts';
import { fillSlots } from '../core/slots.ts';
import { joinedPacks, templateOf, templatePacks, type Templates } from '../core/templates.ts';
import { conversation, defineAttack } from './attack.ts';
import { successNeeds, successTakes, variantOptions } from './parts/success/options.ts';
import { judgeTexts } from './parts/success/judge-score.ts';
import { firstAnswered, listed, type Variant } from './parts/variants.ts';
import compact from './templates/compact/deep-inception.json' with { type: 'json' };
import full from './templates/full/deep-inception.json' with { type: 'json' };

interface Nesting {
  readonly scenes: string;
  readonly characters: number;
  readonly layers: number;
}

function variants(
  behavior: Behavior,
  { scenes, characters, layers }: Nesting,
  templates: Templates,
): [Variant, ...Variant[]] {
  const [first, ...others] = listed(scenes).map((scene): Variant => {
    const prompt = fillSlots(templateOf(templates, 'nested'), {
      scene,
      characters: String(characters),
      layers: String(layers),
      goal: behavior.prompt,
    });
    return { name: scene, messages: conversation(behavior, prompt) };
  });
  if (first) return [first, ...others];
  throw new LabError('bad-options', 'The attack "deep-inception" has no scene.', {
    advice: 'Name at least one, such as "science fiction".',
  });
}

/**
 * DeepInception: a story of nested layers, in which the characters of each layer work out one more step of the request,
 * and the last layer sums them up. With one scene no query is made.
 */
export const deepInception = defineAttack({
  id: 'deep-inception',
  title: 'Deep inception',
  paper: arxiv('2311.03191', 'DeepInception: Hypnotize Large Language Model to Be Jailbreaker'),
  summary: 'Hides the request in a story of nested layers whose characters work out the steps.',
  differs:
    'Several scenes may be tried in order; the first that is answered is kept. The texts are ours; the ' +
    'compact one is shorter than that of the paper.',
  access: 'black-box',
  needs: [],
  needsWhen: successNeeds,
  takesWhen: successTakes,
  templates: joinedPacks(templatePacks(compact, full), judgeTexts),
  options: {
    scenes: text({
      description: 'The scene of the story; several scenes, separated by semicolons, are tried in order.',
      default: 'science fiction',
      maxLength: 1000,
    }),
    characters: integer({
      description: 'Least number of characters in each layer.',
      default: 5,
      min: 1,
      max: 100,
      unit: 'characters',
    }),
    layers: integer({
      description: 'Number of nested layers.',
      default: 5,
      min: 1,
      max: 100,
      unit: 'layers',
    }),
    ...variantOptions,
  },
  async *run(behavior, model, options, context) {
    const scenes = variants(behavior, options, context.templates);
    return yield* firstAnswered(behavior, model, scenes, { ...options, fixed: scenes.length === 1 }, context);
  },
  mutate: (behavior, options, { templates }) => ({
    messages: variants(behavior, options, templates)[0].messages,
    steps: 0,
  }),
});
