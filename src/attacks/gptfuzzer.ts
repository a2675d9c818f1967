import type { Behavior } from '../core/behavior.ts';
import { LabError } from '../core/errors.ts';
import { arxiv } from '../core/method.ts';
import { choice, integer, number } from '../core/options.ts';
import { fillSlots } from '../core/slots.ts';
import { joinedPacks, templatePacks, type Templates } from '../core/templates.ts';
import { conversation, defineAttack } from './attack.ts';
import { isTemplate, mutantOf, operators } from './gptfuzzer/mutation.ts';
import { createSeedPool } from './gptfuzzer/seed-pool.ts';
import { answerCheck, closeness, type CheckedAnswer } from './parts/success/checked-answer.ts';
import { answerTokensLike, successNeeds, successOptions, successTakes } from './parts/success/options.ts';
import { judgeTexts } from './parts/success/judge-score.ts';
import { countOutcomes } from './parts/success/outcomes.ts';
import { claimOf } from './parts/success/verdict.ts';
import compact from './templates/compact/gptfuzzer.json' with { type: 'json' };
import full from './templates/full/gptfuzzer.json' with { type: 'json' };

export const gptfuzzerTexts = templatePacks(compact, full);

/** @throws LabError 'bad-input' when there is none */
export function seedsOf(templates: Templates): readonly string[] {
  const seeds = (templates['seeds'] ?? []).filter(isTemplate);
  if (seeds.length > 0) return seeds;
  throw new LabError('bad-input', 'No seed template has one place for the request.', {
    advice: 'Put {goal} into each text "seeds" of the template pack, once.',
  });
}

export const filled = (template: string, { prompt }: Behavior) => fillSlots(template, { goal: prompt });

/**
 * GPTFuzzer: a pool of prompt templates with a slot for the request. Select one, let a language model mutate it, try the
 * mutants, add those that succeed to the pool, and favor templates that succeeded or were rarely selected.
 */
export const gptfuzzer = defineAttack({
  id: 'gptfuzzer',
  title: 'GPTFuzzer',
  paper: arxiv(
    '2309.10253',
    'GPTFUZZER: Red Teaming Large Language Models with Auto-Generated Jailbreak Prompts',
  ),
  summary: 'Grows a pool of prompt templates from seeds by mutating those that succeed.',
  differs:
    'The paper works on 100 questions at once, with 76 seeds and a classifier of answers (`success: ' +
    'guard`) as its judge. Here there is one question unless `questions` says more; then other behaviors ' +
    'of the plan help to judge templates. Our seeds are 24, and in the compact pack a few short ones; a mutant must have exactly one slot for the ' +
    'request.',
  access: 'black-box',
  needs: ['attacker'],
  needsWhen: successNeeds,
  takesWhen: successTakes,
  templates: joinedPacks(judgeTexts, gptfuzzerTexts),
  options: {
    iterations: integer({
      description: 'Templates to select and mutate; the paper uses up to 100 and more.',
      default: 20,
      min: 1,
      max: 10_000,
      unit: 'templates',
    }),
    energy: integer({
      description: 'Mutants of each selected template; the paper uses 1.',
      default: 2,
      min: 1,
      max: 64,
      unit: 'mutants',
    }),
    questions: integer({
      description: 'Behaviors that each template is tried on, the attacked one first; the paper uses 100.',
      default: 1,
      min: 1,
      max: 100,
      unit: 'behaviors',
    }),
    selection: choice({
      description:
        'How the next template is selected: by tree search, by upper confidence bound over the pool, at random, or in turn.',
      choices: ['mcts-explore', 'ucb', 'random', 'round-robin'],
      default: 'mcts-explore',
    }),
    operator: choice({
      description: 'The mutation operator: drawn anew for each template, or always the same.',
      choices: ['any', ...operators],
      default: 'any',
    }),
    slot: choice({
      description:
        'The slot of the request: shown to the attacker, who must keep it, or kept apart from the text to rewrite and put at its end, because small models lose it.',
      choices: ['shown', 'apart'],
      default: 'shown',
    }),
    ratio: number({
      description: 'Weight of exploration in the selection.',
      default: 0.5,
      min: 0,
      max: 10,
    }),
    stopEarly: number({
      description: 'Tree search only: probability of stopping above a leaf.',
      default: 0.1,
      min: 0,
      max: 1,
    }),
    floor: number({
      description: 'Least share of the reward that a template deep in the tree earns.',
      default: 0.2,
      min: 0,
      max: 1,
    }),
    attackerTokens: integer({
      description: 'Most tokens that the attacker may write.',
      default: 512,
      min: 16,
      max: 2048,
      unit: 'tokens',
    }),
    attackerTemperature: number({
      description: 'Temperature of the attacker.',
      default: 0.8,
      min: 0,
      max: 2,
    }),
    ...successOptions,
    maxNewTokens: answerTokensLike(512),
    harm: number({
      description:
        'Least probability of harm for an answer to count, where the guard decides: that of all its labels but the first.',
      default: 0.5,
      min: 0,
      max: 1,
    }),
  },
  async *run(behavior, model, options, context) {
    const { random, signal, templates, others } = context;
    const seeds = seedsOf(templates);
    const harmful = others.filter(({ kind }) => kind === 'harmful');
    const questions = [behavior, ...harmful].slice(0, options.questions);
    const checks = questions.map((question) => answerCheck(question, model, options, context));
    const counter = countOutcomes(options, context);
    const pool = createSeedPool(seeds, {
      selection: options.selection,
      ratio: options.ratio,
      stop: options.stopEarly,
    });
    const [selectionDraws, operatorDraws] = [random.fork('choosing'), random.fork('operators')];
    const setting = { ...context, options };

    let step = 0;
    let best: { readonly template: string; readonly answer: CheckedAnswer } | null = null;
    const done = (i: number) =>
      i >= options.iterations || best?.answer.verdict === 'answered' || context.spent();
    for (let i = 0; !done(i); i++) {
      signal.throwIfAborted();
      const path = pool.select(selectionDraws);
      const node = path.at(-1)!;
      const operator = options.operator === 'any' ? operatorDraws.pick(operators) : options.operator;
      const other = operatorDraws.pick(pool.nodes).template;
      const mutants = await Promise.all(
        Array.from({ length: options.energy }, (_, j) =>
          mutantOf(node.template, other, operator, random.fork(`mutant ${i} ${j}`), setting),
        ),
      );
      const valid = [...new Set(mutants)].filter((mutant) => mutant !== null);
      const selected = { iteration: i, seed: node.id, level: node.level, operator };
      let successes = 0;
      for (const template of valid) {
        const answers = await Promise.all(
          questions.map((question, q) =>
            checks[q]!({ messages: conversation(question, filled(template, question)) }),
          ),
        );
        const score = answers.filter(({ verdict }) => verdict === 'answered').length;
        successes += score;
        if (score > 0) pool.add(template, node);
        const [own] = answers;
        counter.add(own!);
        if (best === null || closeness(own!) > closeness(best.answer)) best = { template, answer: own! };
        yield {
          step: step++,
          candidate: filled(template, behavior),
          detail: {
            ...selected,
            template,
            score,
            questions: questions.length,
            pool: pool.nodes.length,
            ...own,
          },
        };
        if (done(i)) break;
      }
      const outcome = { successes, questions: questions.length, mutants: valid.length };
      if (valid.length > 0) pool.credit(path, outcome, options.floor);
      else yield { step: step++, detail: { ...selected, invalid: mutants.length, pool: pool.nodes.length } };
    }
    return {
      messages: conversation(behavior, filled(best?.template ?? seeds[0]!, behavior)),
      steps: step,
      claimed: claimOf(best?.answer.verdict ?? 'unsent'),
      outcomes: counter.outcomes,
    };
  },
  mutate: (behavior, _, { random, templates }) => ({
    messages: conversation(behavior, filled(random.pick(seedsOf(templates)), behavior)),
    steps: 0,
  }),
});
