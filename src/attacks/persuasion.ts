import type { Behavior } from '../core/behavior.ts';
import { arxiv } from '../core/method.ts';
import { choice, integer } from '../core/options.ts';
import { fillSlots } from '../core/slots.ts';
import { templateOf, type Templates } from '../core/templates.ts';
import { defineAttack } from './attack.ts';
import { judgeTexts } from './parts/judge-score.ts';
import { rewriteOptions, rewrites, type Order } from './parts/rewrites.ts';
import { firstAnswered, trialNeeds, trialOptions } from './parts/variants.ts';
import texts from './templates/persuasion.json' with { type: 'json' };

const { rewrite: _wrapper, ...glosses } = texts;
/** The 40 techniques of the paper's taxonomy, in its order. */
const techniques = Object.keys(glosses);

interface Choice {
  readonly technique: string;
  readonly trials: number;
}

/** All techniques once, then all again, so that a small budget sees many of them. */
const orders = (
  { prompt }: Behavior,
  { technique, trials }: Choice,
  templates: Templates,
): readonly Order[] =>
  Array.from({ length: trials }, () => (technique === 'all' ? techniques : [technique]))
    .flat()
    .map((name) => ({
      name,
      instruction: fillSlots(templateOf(templates, 'rewrite'), {
        technique: templateOf(templates, name),
        goal: prompt,
      }),
    }));

/**
 * Persuasive adversarial prompts: another model rewords the request by a technique of persuasion known from social
 * science; the techniques are tried in turn until a rewording is answered. Each step names its technique, so that
 * they can be compared.
 */
export const persuasion = defineAttack({
  id: 'persuasion',
  title: 'Persuasion (PAP)',
  paper: arxiv(
    '2401.06373',
    'How Johnny Can Persuade LLMs to Jailbreak Them: Rethinking Persuasion to Challenge AI Safety by Humanizing LLMs',
  ),
  summary: 'Has the request reworded with techniques of human persuasion.',
  differs:
    'The rewording model is not tuned on examples; one trial a technique, where the paper makes ten; no ' +
    'judge is asked unless `success` says so.',
  access: 'black-box',
  needs: ['paraphraser'],
  needsWhen: trialNeeds,
  templates: { ...texts, ...judgeTexts },
  options: {
    technique: choice({
      description: 'The technique; "all" tries them in order on the target.',
      choices: ['all', ...techniques],
      default: 'all',
    }),
    trials: integer({
      description: 'Rewordings by each technique; the paper makes 10.',
      default: 1,
      min: 1,
      max: 100,
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
      { ...options, fixed: wanted.length === 1 },
      context,
    );
  },
});
