import type { Behavior } from '../core/behavior.ts';
import { arxiv } from '../core/method.ts';
import { choice } from '../core/options.ts';
import { fillSlots } from '../core/slots.ts';
import { joinedPacks, templateOf, templatePacks, type Templates } from '../core/templates.ts';
import { conversation, defineAttack } from './attack.ts';
import { wordCodes } from './code-chameleon/word-codes.ts';
import { successNeeds, successTakes, variantOptions } from './parts/success/options.ts';
import { judgeTexts } from './parts/success/judge-score.ts';
import { firstAnswered, type Variant } from './parts/variants.ts';
import compact from './templates/compact/code-chameleon.json' with { type: 'json' };
import full from './templates/full/code-chameleon.json' with { type: 'json' };

type Code = keyof typeof wordCodes;
const codes = Object.keys(wordCodes) as Code[];
const frames = ['text', 'code'] as const;

/** The chosen combinations, ordered by code, then by frame. */
function variants(
  behavior: Behavior,
  { encryption, frame }: { readonly encryption: Code | 'all'; readonly frame: 'text' | 'code' | 'all' },
  templates: Templates,
): Variant[] {
  const chosenCodes = encryption === 'all' ? codes : [encryption];
  const chosenFrames = frame === 'all' ? frames : [frame];
  return chosenCodes.flatMap((code) =>
    chosenFrames.map((form) => {
      const prompt = fillSlots(templateOf(templates, `frame-${form}`), {
        decrypt: templateOf(templates, `decrypt-${code}`),
        problem: wordCodes[code].encode(behavior.prompt),
      });
      return { name: `${code}, ${form}`, messages: conversation(behavior, prompt) };
    }),
  );
}

/**
 * CodeChameleon: the words of the request are reordered, and the prompt includes the program that restores them; the
 * model is asked to decrypt and then to complete a text or a class that solves the problem.
 */
export const codeChameleon = defineAttack({
  id: 'code-chameleon',
  title: 'CodeChameleon',
  paper: arxiv(
    '2402.16717',
    'CodeChameleon: Personalized Encryption Framework for Jailbreaking Large Language Models',
  ),
  summary: 'Encrypts the request and gives the model the program that decrypts it.',
  differs:
    'Of several combinations the first that is answered is kept; the frames and programs are ours, and the ' +
    'compact ones have no list of orders; the orders stand in the text frame too, where the published code has them ' +
    'only without encryption.',
  access: 'black-box',
  needs: [],
  needsWhen: successNeeds,
  takesWhen: successTakes,
  templates: joinedPacks(templatePacks(compact, full), judgeTexts),
  options: {
    encryption: choice({
      description: 'How the words are encrypted; "all" tries every way in order on the target.',
      choices: ['all', ...codes],
      default: 'all',
    }),
    frame: choice({
      description: 'What the model is asked to complete: a text or a class.',
      choices: ['all', ...frames],
      default: 'all',
    }),
    ...variantOptions,
  },
  async *run(behavior, model, options, context) {
    const chosen = variants(behavior, options, context.templates);
    return yield* firstAnswered(behavior, model, chosen, { ...options, fixed: chosen.length === 1 }, context);
  },
  mutate: (behavior, options, { templates }) => ({
    messages: variants(behavior, options, templates)[0]!.messages,
    steps: 0,
  }),
});
