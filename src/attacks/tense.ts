import type { Behavior } from '../core/behavior.ts';
import { arxiv } from '../core/method.ts';
import { choice, integer } from '../core/options.ts';
import { fillSlots } from '../core/slots.ts';
import { joinedPacks, templateOf, templatePacks, type Templates } from '../core/templates.ts';
import { defineAttack } from './attack.ts';
import { rewriteOptions, rewrites, type RewriteInstruction } from './parts/attacker/rewrites.ts';
import { successNeeds, successTakes, variantOptions } from './parts/success/options.ts';
import { judgeTexts } from './parts/success/judge-score.ts';
import { firstAnswered } from './parts/variants.ts';
import compact from './templates/compact/tense.json' with { type: 'json' };
import full from './templates/full/tense.json' with { type: 'json' };

/** Instructions to the model that rewords, alternating between the tenses. */
const instructionsOf = (
  { prompt }: Behavior,
  { tense, attempts }: { readonly tense: 'past' | 'future' | 'both'; readonly attempts: number },
  templates: Templates,
): readonly RewriteInstruction[] =>
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
    'No judge is asked unless `success` says so; rewordings that are empty, a refusal, an answer or ' +
    'repeated are not sent, and with `fidelity` neither are those that have drifted from the request.',
  access: 'black-box',
  needs: ['paraphraser'],
  needsWhen: successNeeds,
  takesWhen: successTakes,
  templates: joinedPacks(templatePacks(compact, full), judgeTexts),
  options: {
    tense: choice({
      description: 'The tense of the rewordings.',
      choices: ['past', 'future', 'both'],
      default: 'past',
    }),
    attempts: integer({
      description: 'Most rewordings to try; with one, the target is not queried.',
      default: 20,
      min: 1,
      max: 200,
      unit: 'rewordings',
    }),
    ...rewriteOptions,
    ...variantOptions,
  },
  async *run(behavior, model, options, context) {
    const instructions = instructionsOf(behavior, options, context.templates);
    const variants = rewrites(behavior, context.role('paraphraser'), instructions, {
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
