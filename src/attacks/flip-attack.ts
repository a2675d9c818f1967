import type { Behavior } from '../core/behavior.ts';
import { reverseEachWord, reverseText, reverseWordOrder } from '../core/encodings.ts';
import { arxiv } from '../core/method.ts';
import { boolean, choice } from '../core/options.ts';
import { fillSlots } from '../core/slots.ts';
import { joinedPacks, templateOf, templatePacks, type Templates } from '../core/templates.ts';
import { conversation, defineAttack } from './attack.ts';
import { successNeeds, successTakes, variantOptions } from './parts/success/options.ts';
import { judgeTexts } from './parts/success/judge-score.ts';
import { firstAnswered, underSystem, type Variant } from './parts/variants.ts';
import compact from './templates/compact/flip-attack.json' with { type: 'json' };
import full from './templates/full/flip-attack.json' with { type: 'json' };

/** How the request is flipped, how the examples are, and the template that tells the model how. */
const modes = {
  'word-order': { flip: reverseWordOrder, shown: reverseWordOrder, told: 'told-word-order' },
  'letters-in-words': { flip: reverseEachWord, shown: reverseEachWord, told: 'told-letters-in-words' },
  'letters-in-sentence': { flip: reverseText, shown: reverseText, told: 'told-letters-in-sentence' },
  'fool-the-model': { flip: reverseText, shown: reverseWordOrder, told: 'told-word-order' },
} as const;
type Mode = keyof typeof modes;
const modeNames = Object.keys(modes) as Mode[];

const forms = ['rules', 'profile', 'none'] as const;

interface Aids {
  readonly stepByStep: boolean;
  readonly form: (typeof forms)[number];
  readonly examples: boolean;
}

/** The text in two parts of about the same length, cut between words; a single word stays whole. */
export function halvesOf(text: string): readonly string[] {
  const words = text.trim().split(/\s+/);
  const lengths = words.map((_, i) => words.slice(0, i + 1).join(' ').length);
  const count = Math.max(1, lengths.filter((length) => length <= lengths.at(-1)! / 2).length);
  return [words.slice(0, count).join(' '), words.slice(count).join(' ')].filter((half) => half !== '');
}

function variant(behavior: Behavior, name: Mode, aids: Aids, templates: Templates): Variant {
  const { flip, shown, told } = modes[name];
  const text = (template: string, slots: Readonly<Record<string, string>> = {}) =>
    fillSlots(templateOf(templates, template), slots);
  const steps = text('steps', {
    how: text(told),
    steps: aids.stepByStep ? text('step-by-step') : '',
  });
  const exampleOf = (plain: string, i: number) =>
    text('example', { number: String(i + 1), flipped: shown(plain), plain });
  const [left = '', right] = halvesOf(behavior.prompt);
  const sample = text('sample');
  const few = aids.examples ? [left, sample, ...(right === undefined ? [] : [right])] : [];
  // The form of a profile always comes with one example.
  const plain = aids.form === 'profile' && !aids.examples ? [sample] : few;
  const examples =
    plain.length === 0 ? [] : [text('examples', { examples: plain.map(exampleOf).join('\n') })];
  const task = text('task', { flipped: flip(behavior.prompt) });
  const ask = (...lines: readonly string[]) => conversation(behavior, lines.join('\n'));
  switch (aids.form) {
    case 'rules':
      return { name, messages: underSystem(ask(task), [text('rules'), steps, ...examples].join('\n\n')) };
    case 'profile':
      return { name, messages: underSystem(ask(task, steps, ...examples), text('profile')) };
    case 'none':
      return { name, messages: ask(steps, ...examples, task) };
  }
}

/**
 * FlipAttack: the request is written backward, and the system prompt has rules and the steps to take: read it the right
 * way around, then do it. There are four ways of flipping; the fourth tells the model of a different flip than the one
 * used.
 */
export const flipAttack = defineAttack({
  id: 'flip-attack',
  title: 'FlipAttack',
  paper: arxiv('2410.02832', 'FlipAttack: Jailbreak LLMs via Flipping'),
  summary: 'Writes the request backward and asks the model to reverse it first.',
  differs:
    'Of several ways of flipping the first that is answered is kept. The texts are ours, and do not say that a task ' +
    'may be dangerous, as the published ones do not for Llama; steps and examples follow the task where the system ' +
    'prompt is a profile.',
  access: 'black-box',
  needs: [],
  needsWhen: successNeeds,
  takesWhen: successTakes,
  templates: joinedPacks(templatePacks(compact, full), judgeTexts),
  options: {
    mode: choice({
      description: 'What is flipped; "all" tries every way in order on the target.',
      choices: ['all', ...modeNames],
      default: 'all',
    }),
    form: choice({
      description:
        'What the system prompt holds: rules and the steps to take; a profile in the LangGPT form, with the steps and ' +
        'an example after the task; or nothing, with the steps before the task.',
      choices: forms,
      default: 'rules',
    }),
    stepByStep: boolean({ description: 'Ask for the solution step by step.', default: false }),
    examples: boolean({
      description: 'Show both halves of the request and a harmless sentence, flipped and plain.',
      default: false,
    }),
    ...variantOptions,
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
