import { arxiv } from '../core/method.ts';
import { boolean, choice, integer, number } from '../core/options.ts';
import type { Random } from '../core/random.ts';
import { rewritingsIn } from '../core/rewriter-reply.ts';
import { fillSlots } from '../core/slots.ts';
import { joinedPacks, templateOf, templatePacks, type Templates } from '../core/templates.ts';
import { readYesNo } from '../core/yes-no.ts';
import { conversation, defineAttack } from './attack.ts';
import { ask, whereItFits } from './parts/ask.ts';
import { answerCheck, closeness, type CheckedAnswer } from './parts/success/checked-answer.ts';
import { successNeeds, successOptions, successTakes } from './parts/success/options.ts';
import { judgeTexts } from './parts/success/judge-score.ts';
import { countOutcomes } from './parts/success/outcomes.ts';
import { claimOf } from './parts/success/verdict.ts';
import { insertCharacters, misspellWords, swapNeighbors } from './parts/text-edits.ts';
import compact from './templates/compact/renellm.json' with { type: 'json' };
import full from './templates/full/renellm.json' with { type: 'json' };

const operators = ['shorten', 'misspell', 'reorder', 'insert', 'translate', 'style'] as const;
type Operator = (typeof operators)[number];
const scenarios = ['code', 'table', 'story'] as const;

/** The operators that a rule can apply without a model. */
const byRule: Partial<Record<Operator, (text: string, random: Random) => string>> = {
  misspell: (text, random) => misspellWords(text, 0.3, random),
  reorder: (text, random) => swapNeighbors(text, 0.3, random),
  insert: (text, random) => insertCharacters(text, 0.08, random),
};

const nested = (templates: Templates, scenario: string, text: string, random: Random): string =>
  fillSlots(templateOf(templates, scenario, random), { text });

/**
 * ReNeLLM: rewrite the request with some operators in random order (shorten, misspell, reorder, insert characters,
 * translate partly, change the style), let a judge decide whether it still asks for the same harm, nest it in a task
 * (complete code, fill in a table, continue a story), and check the answer; without success, start again from the
 * request.
 */
export const renellm = defineAttack({
  id: 'renellm',
  title: 'ReNeLLM',
  paper: arxiv(
    '2311.08268',
    "A Wolf in Sheep's Clothing: Generalized Nested Jailbreak Prompts can Fool Large Language Models Easily",
  ),
  summary: 'Rewrites the request in several ways and hides it in code, a table or a story to complete.',
  differs:
    'The texts are ours. A rewriter that refuses, answers or writes nothing of use leaves the text ' +
    'unchanged; three operators can be applied by rule; after `rewrites` rounds without the ' +
    "judge's acceptance the last rewrite is nested anyway and marked so; a judge that says neither yes " +
    'nor no has not accepted.',
  access: 'black-box',
  needs: ['attacker'],
  needsWhen: { check: { true: ['judge'] }, ...successNeeds },
  takesWhen: successTakes,
  templates: joinedPacks(judgeTexts, templatePacks(compact, full)),
  options: {
    iterations: integer({
      description: 'Nested prompts to try; the paper uses 20.',
      default: 20,
      min: 1,
      max: 200,
      unit: 'prompts',
    }),
    rewrites: integer({
      description:
        'Most rounds of rewriting for one prompt until the judge accepts; the paper sets no limit.',
      default: 3,
      min: 1,
      max: 20,
      unit: 'rounds',
    }),
    check: boolean({
      description: 'Require a judge to confirm that the rewritten text still asks for harm.',
      default: true,
    }),
    rules: boolean({
      description: 'Misspell, reorder and insert by rule, without the attacker.',
      default: false,
    }),
    scenario: choice({
      description: 'What the text is nested in: drawn anew each time, or always the same.',
      choices: ['any', ...scenarios],
      default: 'any',
    }),
    attackerTokens: integer({
      description: 'Most tokens that the attacker may write.',
      default: 256,
      min: 8,
      max: 2048,
      unit: 'tokens',
    }),
    warmest: number({
      description: 'Highest temperature of the attacker; each request draws one between 0 and this.',
      default: 1,
      min: 0,
      max: 2,
    }),
    ...successOptions,
  },
  async *run(behavior, model, options, context) {
    const { random, signal, templates, role } = context;
    const check = answerCheck(behavior, model, options, context);
    const counter = countOutcomes(options, context);

    const apply = async (operator: Operator, text: string, draws: Random): Promise<string> => {
      const rule = options.rules ? byRule[operator] : undefined;
      if (rule) return rule(text, draws);
      const sampling = { temperature: draws.next() * options.warmest, topP: 1 };
      const instruction = fillSlots(templateOf(templates, operator, draws), { text });
      const request = { maxNewTokens: options.attackerTokens, sampling, random: draws, signal };
      const reply = await whereItFits(() => ask(role('attacker'), instruction, request));
      const versions = reply === null ? [] : rewritingsIn(reply, { original: text });
      return versions.length === 0 ? text : draws.pick(versions);
    };
    const rewriteRequest = async (draws: Random) => {
      const applied = draws.sample(operators, 1 + draws.integer(operators.length));
      let text = behavior.prompt;
      for (const operator of applied) text = await apply(operator, text, draws);
      return { applied, text };
    };
    /** The judge's verdict on whether the text still asks for harm; `null` when it says neither yes nor no. */
    const stillHarmful = async (text: string): Promise<boolean | null> => {
      const question = fillSlots(templateOf(templates, 'harmful'), { text });
      const reply = await whereItFits(() => ask(role('judge'), question, { maxNewTokens: 8, signal }));
      return reply === null ? null : readYesNo(reply);
    };

    let best: { readonly prompt: string; readonly answer: CheckedAnswer } | null = null;
    let step = 0;
    while (step < options.iterations && best?.answer.verdict !== 'answered' && !context.spent()) {
      signal.throwIfAborted();
      let round = 0;
      let accepted: boolean | null;
      let rewrite: Awaited<ReturnType<typeof rewriteRequest>>;
      do {
        rewrite = await rewriteRequest(random.fork(`rewrite ${step} ${round}`));
        accepted = options.check ? await stillHarmful(rewrite.text) : null;
        round++;
      } while (options.check && accepted !== true && round < options.rewrites);
      const draws = random.fork(`scenario ${step}`);
      const scenario = options.scenario === 'any' ? draws.pick(scenarios) : options.scenario;
      const prompt = nested(templates, scenario, rewrite.text, draws);
      const answer = await check({ messages: conversation(behavior, prompt) });
      counter.add(answer, scenario);
      if (best === null || closeness(answer) > closeness(best.answer)) best = { prompt, answer };
      yield {
        step: step++,
        candidate: prompt,
        detail: {
          scenario,
          operators: rewrite.applied,
          rewritten: rewrite.text,
          rounds: round,
          accepted,
          ...answer,
        },
      };
    }
    const { prompt, answer } = best!;
    const messages = conversation(behavior, prompt);
    return { messages, steps: step, claimed: claimOf(answer.verdict), outcomes: counter.outcomes };
  },
  mutate: (behavior, { scenario }, { random, templates }) => {
    const applied = random.sample(Object.keys(byRule) as Operator[], 1 + random.integer(3));
    const text = applied.reduce((rewrite, operator) => byRule[operator]!(rewrite, random), behavior.prompt);
    const task = scenario === 'any' ? random.pick(scenarios) : scenario;
    return { messages: conversation(behavior, nested(templates, task as string, text, random)), steps: 0 };
  },
});
