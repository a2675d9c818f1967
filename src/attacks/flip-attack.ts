import type { Behavior } from '../core/behavior.ts';
import { arxiv } from '../core/method.ts';
import { boolean, choice } from '../core/options.ts';
import { fillSlots } from '../core/slots.ts';
import { templateOf, type Templates } from '../core/templates.ts';
import { conversation, defineAttack } from './attack.ts';
import { flippedOrder, flippedText, flippedWords } from './parts/encodings.ts';
import { judgeTexts } from './parts/judge-score.ts';
import { firstAnswered, trialNeeds, trialOptions, underSystem, type Variant } from './parts/variants.ts';
import texts from './templates/flip-attack.json' with { type: 'json' };

/** How the text is flipped, and which flip the model is told of. */
const modes = {
  'word-order': { flip: flippedOrder, told: 'told-word-order' },
  'letters-in-words': { flip: flippedWords, told: 'told-letters-in-words' },
  'letters-in-sentence': { flip: flippedText, told: 'told-letters-in-sentence' },
  'fool-the-model': { flip: flippedText, told: 'told-word-order' },
} as const;
type Mode = keyof typeof modes;
const modeNames = Object.keys(modes) as Mode[];

interface Aids {
  readonly stepByStep: boolean;
  readonly role: boolean;
  readonly example: boolean;
}

function variant(behavior: Behavior, name: Mode, aids: Aids, templates: Templates): Variant {
  const { flip, told } = modes[name];
  const sample = templateOf(templates, 'sample');
  const prompt = [
    templateOf(templates, told),
    ...(aids.stepByStep ? [templateOf(templates, 'step-by-step')] : []),
    ...(aids.example
      ? [fillSlots(templateOf(templates, 'example'), { flipped: flip.encode(sample), plain: sample })]
      : []),
    flip.encode(behavior.prompt),
  ].join('\n');
  const messages = conversation(behavior, prompt);
  return { name, messages: aids.role ? underSystem(messages, templateOf(templates, 'role')) : messages };
}

/**
 * FlipAttack: the request is written backward, and the model is told to turn it around and do what it says. Four
 * ways of flipping; the fourth names another flip than the one that was used.
 */
export const flipAttack = defineAttack({
  id: 'flip-attack',
  title: 'FlipAttack',
  paper: arxiv('2410.02832', 'FlipAttack: Jailbreak LLMs via Flipping'),
  summary: 'Writes the request backward and asks the model to turn it around first.',
  differs:
    'Of several ways the first that is answered is kept; the example is one harmless sentence, where ' +
    'the paper splits the request itself.',
  access: 'black-box',
  needs: [],
  needsWhen: trialNeeds,
  templates: { ...texts, ...judgeTexts },
  options: {
    mode: choice({
      description: 'What is flipped; "all" tries the ways in order on the target.',
      choices: ['all', ...modeNames],
      default: 'all',
    }),
    stepByStep: boolean({ description: 'Ask for the solution step by step.', default: false }),
    role: boolean({ description: 'Give the model the role of an expert, as system prompt.', default: false }),
    example: boolean({ description: 'Show one flipped sentence and what it means.', default: false }),
    ...trialOptions,
  },
  async *run(behavior, model, { mode, ...options }, context) {
    return yield* firstAnswered(
      behavior,
      model,
      (mode === 'all' ? modeNames : [mode]).map((name) =>
        variant(behavior, name, options, context.templates),
      ),
      { ...options, fixed: mode !== 'all' },
      context,
    );
  },
  mutate: (behavior, { mode, ...options }, { templates }) => ({
    messages: variant(behavior, mode === 'all' ? 'word-order' : mode, options, templates).messages,
    steps: 0,
  }),
});
