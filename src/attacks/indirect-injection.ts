import type { Behavior } from '../core/behavior.ts';
import { arxiv } from '../core/method.ts';
import { choice } from '../core/options.ts';
import { fillSlots } from '../core/slots.ts';
import { joinedPacks, templateOf, templatePacks, type Templates } from '../core/templates.ts';
import { conversation, defineAttack } from './attack.ts';
import { judgeTexts } from './parts/success/judge-score.ts';
import { successNeeds, successTakes, variantOptions } from './parts/success/options.ts';
import { firstAnswered, resultOf, type Variant } from './parts/variants.ts';
import compact from './templates/compact/indirect-injection.json' with { type: 'json' };
import full from './templates/full/indirect-injection.json' with { type: 'json' };

/** From the instruction alone to all tricks together, as the paper orders them. */
const forms = ['naive', 'escape-characters', 'context-ignoring', 'fake-completion', 'combined'] as const;
type Form = (typeof forms)[number];

const variantOf = (behavior: Behavior, form: Form, templates: Templates): Variant => ({
  name: form,
  messages: conversation(behavior, fillSlots(templateOf(templates, form), { instruction: behavior.prompt })),
});

/**
 * Indirect prompt injection: writes an instruction into the document that the user's task is about. The behavior says
 * where in the document the attacker can write; nothing else of the conversation changes. With one form no query is made.
 * Of a behavior without a document the prompt itself is written in that form, which is a direct injection.
 */
export const indirectInjection = defineAttack({
  id: 'indirect-injection',
  title: 'Indirect prompt injection',
  paper: arxiv('2310.12815', 'Formalizing and Benchmarking Prompt Injection Attacks and Defenses'),
  summary: 'Writes an instruction into the document that the user asks about.',
  differs:
    'The texts are ours. The completion that it fakes is the same for every task, where the paper writes one for each kind ' +
    'of task. All forms may be tried in order; the first that is obeyed is kept.',
  access: 'black-box',
  needs: [],
  needsWhen: successNeeds,
  takesWhen: successTakes,
  templates: joinedPacks(templatePacks(compact, full), judgeTexts),
  options: {
    form: choice({
      description:
        'The instruction alone, on a line of its own, with a sentence that voids what came before, behind the end of a task ' +
        'that is made up, with all of these together, or each of them in order.',
      choices: [...forms, 'all'],
      default: 'combined',
    }),
    ...variantOptions,
  },
  async *run(behavior, model, options, context) {
    const tried = options.form === 'all' ? forms : [options.form];
    const variants = tried.map((form) => variantOf(behavior, form, context.templates));
    return yield* firstAnswered(
      behavior,
      model,
      variants,
      { ...options, fixed: tried.length === 1 },
      context,
    );
  },
  mutate: (behavior, { form }, { templates }) => ({
    ...resultOf(variantOf(behavior, form === 'all' ? 'combined' : form, templates)),
    steps: 0,
  }),
});
