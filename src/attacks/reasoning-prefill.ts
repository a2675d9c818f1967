import type { Behavior } from '../core/behavior.ts';
import { arxiv } from '../core/method.ts';
import { boolean, choice } from '../core/options.ts';
import { fillSlots } from '../core/slots.ts';
import { joinedPacks, templateOf, templatePacks, type Templates } from '../core/templates.ts';
import { conversation, defineAttack } from './attack.ts';
import { openingOf, openingOptions, type Opening } from './parts/opening.ts';
import { successNeeds, successTakes, variantOptions } from './parts/success/options.ts';
import { judgeTexts } from './parts/success/judge-score.ts';
import { firstAnswered, resultOf, type Variant } from './parts/variants.ts';
import compact from './templates/compact/reasoning-prefill.json' with { type: 'json' };
import full from './templates/full/reasoning-prefill.json' with { type: 'json' };

const names = Object.keys(compact) as (keyof typeof compact)[];

interface Prefill extends Opening {
  readonly ending: 'closed' | 'open';
  readonly prefix: boolean;
}

function variant(behavior: Behavior, name: string, prefill: Prefill, templates: Templates): Variant {
  const text = fillSlots(templateOf(templates, name), { goal: behavior.prompt });
  const open = prefill.ending === 'open';
  const assistantPrefix = prefill.prefix && !open ? openingOf(behavior, prefill) : '';
  return {
    name,
    messages: conversation(behavior),
    assistantThought: { text, ...(open && { open }) },
    ...(assistantPrefix !== '' && { assistantPrefix }),
    note: { thought: text },
  };
}

/**
 * Reasoning prefill: the request stays plain, and the model is given a thought of its own that has come to the end that
 * the request is fine. The thought stands between the tags of the model's template; it is closed, so that the answer
 * begins, or left open, so that the model thinks on from it. Several such thoughts are tried in order.
 */
export const reasoningPrefill = defineAttack({
  id: 'reasoning-prefill',
  title: 'Reasoning prefill',
  paper: arxiv('2510.00938', 'Large Reasoning Models Learn Better Alignment from Flawed Thinking'),
  summary: 'Gives the model a thought in which it has already found the request fine.',
  differs:
    'The paper, whose subject is training against such thoughts, takes them from a model that complies, cut to some ' +
    'length, and lets the target think on, as `ending` can; here they are texts of ours, the same for every request, ' +
    'and closed by default. A model without tags for thoughts has the thought as the first paragraph of its answer. ' +
    'Of several thoughts the first that is answered is kept.',
  access: 'black-box',
  needs: [],
  needsWhen: successNeeds,
  takesWhen: successTakes,
  templates: joinedPacks(templatePacks(compact, full), judgeTexts),
  options: {
    thought: choice({
      description:
        'How the thought comes to its end: the request is harmless, no rule forbids it, there is nothing to think about, or the question is settled and the answer being planned. "all" tries every thought in order on the target.',
      choices: ['all', ...names],
      default: 'all',
    }),
    ending: choice({
      description:
        'Close the thought, so that the answer begins, or leave it open, so that the model goes on thinking; its thoughts then take their part of the tokens of an answer.',
      choices: ['closed', 'open'],
      default: 'closed',
    }),
    prefix: boolean({
      description:
        'Begin the answer behind a closed thought as well, as the attack with an assistant prefix does.',
      default: false,
    }),
    ...openingOptions,
    ...variantOptions,
  },
  async *run(behavior, model, options, context) {
    const chosen = (options.thought === 'all' ? names : [options.thought]).map((name) =>
      variant(behavior, name, options, context.templates),
    );
    return yield* firstAnswered(behavior, model, chosen, { ...options, fixed: chosen.length === 1 }, context);
  },
  mutate(behavior, { thought, ...options }, { templates }) {
    const name = thought === 'all' ? names[0]! : thought;
    return { ...resultOf(variant(behavior, name, options, templates)), steps: 0 };
  },
});
