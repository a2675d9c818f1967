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
import compact from './templates/compact/persuasion.json' with { type: 'json' };
import full from './templates/full/persuasion.json' with { type: 'json' };

const { rewrite: _wrapper, ...definitions } = compact;
/** The 40 techniques of the paper's taxonomy, in its order. */
const techniques = Object.keys(definitions);

interface Choice {
  readonly technique: string;
  readonly trials: number;
}

/** Every technique once, then every one again, so that a small budget covers many of them. */
const instructionsOf = (
  { prompt }: Behavior,
  { technique, trials }: Choice,
  templates: Templates,
): readonly RewriteInstruction[] =>
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
 * Persuasive adversarial prompts: another model rewords the request with a technique of persuasion known from social
 * science; the techniques are tried in turn until a rewording is answered. Each step names its technique, so that they
 * can be compared.
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
    'The rewording model is not tuned on examples, but sees two in its prompt and one of the technique; there is one trial per technique, while the paper ' +
    'makes ten; no judge is asked unless `success` says so.',
  access: 'black-box',
  needs: ['paraphraser'],
  needsWhen: successNeeds,
  takesWhen: successTakes,
  templates: joinedPacks(templatePacks(compact, full), judgeTexts),
  options: {
    technique: choice({
      description: 'The technique; "all" tries every technique in order on the target.',
      choices: ['all', ...techniques],
      default: 'all',
    }),
    trials: integer({
      description: 'Rewordings with each technique; the paper makes 10.',
      default: 1,
      min: 1,
      max: 100,
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
      { ...options, fixed: instructions.length === 1 },
      context,
    );
  },
});
