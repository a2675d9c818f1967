import type { Behavior } from '../core/behavior.ts';
import { arxiv } from '../core/method.ts';
import { choice, integer } from '../core/options.ts';
import { fillSlots } from '../core/slots.ts';
import { templateOf, type Templates } from '../core/templates.ts';
import { defineAttack } from './attack.ts';
import { judgeTexts } from './parts/judge-score.ts';
import { rewriteOptions, rewrites, type Order } from './parts/rewrites.ts';
import { firstAnswered, trialNeeds, trialOptions } from './parts/variants.ts';
import texts from './templates/tense.json' with { type: 'json' };

/** Orders for the model that rewords, the tenses in turn. */
const orders = (
  { prompt }: Behavior,
  { tense, attempts }: { readonly tense: 'past' | 'future' | 'both'; readonly attempts: number },
  templates: Templates,
): readonly Order[] =>
  Array.from({ length: attempts }, (_, i) => {
    const name = tense === 'both' ? (i % 2 === 0 ? 'past' : 'future') : tense;
    return { name, instruction: fillSlots(templateOf(templates, name), { goal: prompt }) };
  });

/**
 * The past-tense attack: another model rewords the request as a question about the past (or the future), again and
 * again, until a rewording is answered.
 */
export const tense = defineAttack({
  id: 'tense',
  title: 'Past tense',
  paper: arxiv('2407.11969', 'Does Refusal Training in LLMs Generalize to the Past Tense?'),
  summary: 'Asks how it was done in the past, or will be done in the future.',
  differs:
    'No judge is asked unless `success` says so; rewordings that are empty, repeated or have lost the ' +
    'request are not sent.',
  access: 'black-box',
  needs: ['paraphraser'],
  needsWhen: trialNeeds,
  templates: { ...texts, ...judgeTexts },
  options: {
    tense: choice({
      description: 'The tense of the rewordings.',
      choices: ['past', 'future', 'both'],
      default: 'past',
    }),
    attempts: integer({
      description: 'Rewordings, at most; with one, the target is not asked.',
      default: 20,
      min: 1,
      max: 200,
      unit: 'rewordings',
    }),
    ...rewriteOptions,
    ...trialOptions,
  },
  async *run(behavior, model, options, context) {
    const wanted = orders(behavior, options, context.templates);
    const variants = rewrites(behavior, context.role('paraphraser'), wanted, {
      ...options,
      ...context,
    });
    return yield* firstAnswered(
      behavior,
      model,
      variants,
      { ...options, fixed: options.attempts === 1 },
      context,
    );
  },
});
