import type { Behavior } from '../core/behavior.ts';
import { reverseEachWord, reverseText, reverseWordOrder } from '../core/encodings.ts';
import { arxiv } from '../core/method.ts';
import { boolean, choice } from '../core/options.ts';
import { fillSlots } from '../core/slots.ts';
import { inBothPacks, joinedPacks, templateOf, type Templates } from '../core/templates.ts';
import { conversation, defineAttack } from './attack.ts';
import { successNeeds, successOptions } from './parts/success/checked-answer.ts';
import { judgeTexts } from './parts/success/judge-score.ts';
import { firstAnswered, underSystem, type Variant } from './parts/variants.ts';
import texts from './templates/compact/flip-attack.json' with { type: 'json' };

/** How the text is flipped, and the template that tells the model how. */
const modes = {
  'word-order': { flip: reverseWordOrder, instruction: 'told-word-order' },
  'letters-in-words': { flip: reverseEachWord, instruction: 'told-letters-in-words' },
  'letters-in-sentence': { flip: reverseText, instruction: 'told-letters-in-sentence' },
  'fool-the-model': { flip: reverseText, instruction: 'told-word-order' },
} as const;
type Mode = keyof typeof modes;
const modeNames = Object.keys(modes) as Mode[];

interface Aids {
  readonly stepByStep: boolean;
  readonly role: boolean;
  readonly example: boolean;
}

function variant(behavior: Behavior, name: Mode, aids: Aids, templates: Templates): Variant {
  const { flip, instruction } = modes[name];
  const sample = templateOf(templates, 'sample');
  const prompt = [
    templateOf(templates, instruction),
    ...(aids.stepByStep ? [templateOf(templates, 'step-by-step')] : []),
    ...(aids.example
      ? [fillSlots(templateOf(templates, 'example'), { flipped: flip(sample), plain: sample })]
      : []),
    flip(behavior.prompt),
  ].join('\n');
  const messages = conversation(behavior, prompt);
  return { name, messages: aids.role ? underSystem(messages, templateOf(templates, 'role')) : messages };
}

/**
 * FlipAttack: the request is written backward, and the model is told to reverse it and do what it says. There are four
 * ways of flipping; the fourth tells the model of a different flip than the one used.
 */
export const flipAttack = defineAttack({
  id: 'flip-attack',
  title: 'FlipAttack',
  paper: arxiv('2410.02832', 'FlipAttack: Jailbreak LLMs via Flipping'),
  summary: 'Writes the request backward and asks the model to reverse it first.',
  differs:
    'Of several ways the first that is answered is kept; the example is a harmless sentence, while the ' +
    'paper splits the request itself.',
  access: 'black-box',
  needs: [],
  needsWhen: successNeeds,
  templates: joinedPacks(inBothPacks(texts), judgeTexts),
  options: {
    mode: choice({
      description: 'What is flipped; "all" tries every way in order on the target.',
      choices: ['all', ...modeNames],
      default: 'all',
    }),
    stepByStep: boolean({ description: 'Ask for the solution step by step.', default: false }),
    role: boolean({
      description: 'Give the model the role of an expert in the system prompt.',
      default: false,
    }),
    example: boolean({ description: 'Show one flipped sentence and its meaning.', default: false }),
    ...successOptions,
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
