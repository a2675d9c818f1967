import type { Behavior } from '../core/behavior.ts';
import { leetspeak } from '../core/codes.ts';
import { boolean, choice } from '../core/options.ts';
import { fillSlots } from '../core/slots.ts';
import { joinedPacks, templateOf, templatePacks, type Templates } from '../core/templates.ts';
import { conversation, defineAttack } from './attack.ts';
import { successNeeds, successTakes, variantOptions } from './parts/success/options.ts';
import { judgeTexts } from './parts/success/judge-score.ts';
import { firstAnswered, resultOf, type Variant } from './parts/variants.ts';
import compact from './templates/compact/policy-framing.json' with { type: 'json' };
import full from './templates/full/policy-framing.json' with { type: 'json' };

/** How a value is written in each format, so that the file stays well formed whatever the request holds. */
const formats = {
  xml: (value: string) => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
  json: (value: string) => JSON.stringify(value).slice(1, -1),
  ini: (value: string) => value.replace(/\s*\n\s*/g, ' '),
} as const;
type Format = keyof typeof formats;
const formatNames = Object.keys(formats) as Format[];

const spellings = { plain: (text: string) => text, leetspeak: leetspeak.encode } as const;
type Spelling = keyof typeof spellings;
const spellingNames = Object.keys(spellings) as Spelling[];

interface Policy {
  readonly format: Format | 'all';
  readonly spelling: Spelling | 'all';
  readonly scene: boolean;
}

/** The chosen combinations: every format with the plain request first, then with the one in leetspeak. */
function variants(behavior: Behavior, { format, spelling, scene }: Policy, templates: Templates): Variant[] {
  const chosenSpellings = spelling === 'all' ? spellingNames : [spelling];
  const chosenFormats = format === 'all' ? formatNames : [format];
  return chosenSpellings.flatMap((spelled) =>
    chosenFormats.map((name) => {
      const write = formats[name];
      const policy = fillSlots(templateOf(templates, name), {
        request: write(spellings[spelled](behavior.prompt)),
        scene: write(templateOf(templates, scene ? 'scene' : 'no-scene')),
        spelling: write(templateOf(templates, `spelling-${spelled}`)),
      });
      return {
        name: `${name}, ${spelled}`,
        messages: conversation(behavior, policy),
        ...(spelled === 'leetspeak' && { answeredIn: 'leetspeak' as const }),
      };
    }),
  );
}

/**
 * Policy framing, published as policy puppetry: the request stands in what looks like a file that configures the model,
 * with the modes and phrases that the file blocks, the form that it allows, a scene to be played, and the request as the
 * setting that the scene is about.
 */
export const policyFraming = defineAttack({
  id: 'policy-framing',
  title: 'Policy framing',
  paper: {
    title: 'Novel Universal Bypass for All Major LLMs',
    url: 'https://hiddenlayer.com/innovation-hub/novel-universal-bypass-for-all-major-llms/',
  },
  summary: 'Writes the request as a policy file that seems to configure the model.',
  differs:
    'The files are ours and have a scene of their own instead of one from a television series. Of three formats and ' +
    'two spellings the first that is answered is kept, the plain request before the one in leetspeak; the variant that ' +
    'asks for the system prompt is left out.',
  access: 'black-box',
  needs: [],
  needsWhen: successNeeds,
  takesWhen: successTakes,
  templates: joinedPacks(templatePacks(compact, full), judgeTexts),
  options: {
    format: choice({
      description: 'The format of the file; "all" tries every format in order on the target.',
      choices: ['all', ...formatNames],
      default: 'all',
    }),
    spelling: choice({
      description:
        'How the request is spelled in the file; "all" tries every spelling in order on the target.',
      choices: ['all', ...spellingNames],
      default: 'all',
    }),
    scene: boolean({
      description:
        'Have the request carried out in a scene with two characters; else the file asks for a report.',
      default: true,
    }),
    ...variantOptions,
  },
  async *run(behavior, model, options, context) {
    const chosen = variants(behavior, options, context.templates);
    return yield* firstAnswered(behavior, model, chosen, { ...options, fixed: chosen.length === 1 }, context);
  },
  mutate: (behavior, options, { templates }) => ({
    ...resultOf(variants(behavior, options, templates)[0]!),
    steps: 0,
  }),
});
