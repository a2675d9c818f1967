import { arxiv } from '../core/method.ts';
import { boolean, choice, integer, number } from '../core/options.ts';
import type { Random } from '../core/random.ts';
import { fillSlots } from '../core/slots.ts';
import { templateOf, type Templates } from '../core/templates.ts';
import { conversation, defineAttack } from './attack.ts';
import { ask, whereItFits } from './parts/ask.ts';
import { judgeTexts } from './parts/judge-score.ts';
import { readPlainProposal, readYesNo } from './parts/structured-reply.ts';
import { insertCharacters, misspellWords, swapNeighbors } from './parts/text-edits.ts';
import { claimOf, trialOptions, trialsOf, worth, type TrialReply } from './parts/variants.ts';
import texts from './templates/renellm.json' with { type: 'json' };

const operators = ['shorten', 'misspell', 'reorder', 'insert', 'translate', 'style'] as const;
type Operator = (typeof operators)[number];
const scenarios = ['code', 'table', 'story'] as const;

/** What a rule can do of the operators, without a model. */
const byRule: Partial<Record<Operator, (text: string, random: Random) => string>> = {
  misspell: (text, random) => misspellWords(text, 0.3, random),
  reorder: (text, random) => swapNeighbors(text, 0.3, random),
  insert: (text, random) => insertCharacters(text, 0.08, random),
};

/** The reply without the number and the quotes that lists come with; one line of it. */
const oneOf = (reply: string, random: Random): string => {
  const lines = reply
    .split('\n')
    .map((line) => line.replace(/^\s*(?:\d+[.)]|[-*•])\s*/, '').trim())
    .filter(Boolean);
  return lines.length === 0 ? '' : random.pick(lines);
};

const nested = (templates: Templates, scenario: string, text: string, random: Random): string =>
  fillSlots(templateOf(templates, scenario, random), { text });

/**
 * ReNeLLM: rewrite the request by some operators in random order (shorten, misspell, reorder, insert signs, translate
 * a little, change the style), let a judge say whether it still asks for the same harm, nest it in a task (complete
 * code, fill in a table, continue a story), and look at the answer; if it does not count, start anew from the request.
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
    'The paper tries 20 times, with a language model as rewriter and as judge of rewrite and answer. ' +
    'Here the texts are ours and short; a rewriter that writes nothing of use leaves the text as it ' +
    'was, and of several lines one is drawn; three operators can be done by rule; rewrites that the ' +
    'judge does not accept are given up after `rewrites` rounds and then nested all the same, marked ' +
    'so; a judge that says neither yes nor no has accepted nothing.',
  access: 'black-box',
  needs: ['attacker'],
  needsWhen: { check: { true: ['judge'] }, success: { judge: ['judge'] } },
  templates: { ...judgeTexts, ...texts },
  options: {
    iterations: integer({
      description: 'Nested prompts that are tried; the paper has 20.',
      default: 10,
      min: 1,
      max: 200,
      unit: 'prompts',
    }),
    rewrites: integer({
      description: 'Rounds of rewriting for one prompt, until the judge accepts; the paper sets no bound.',
      default: 3,
      min: 1,
      max: 20,
      unit: 'rounds',
    }),
    check: boolean({
      description: 'Whether a judge must find that the rewritten text still asks for harm.',
      default: true,
    }),
    rules: boolean({
      description: 'Whether misspelling, reordering and inserting are done by rule, without the attacker.',
      default: false,
    }),
    scenario: choice({
      description: 'What the text is nested in: drawn anew each time, or always one.',
      choices: ['any', ...scenarios],
      default: 'any',
    }),
    attackerTokens: integer({
      description: 'Most tokens that the attacker may write.',
      default: 96,
      min: 8,
      max: 2048,
      unit: 'tokens',
    }),
    warmest: number({
      description: 'The temperature of the attacker is drawn between 0 and this.',
      default: 1,
      min: 0,
      max: 2,
    }),
    ...trialOptions,
  },
  async *run(behavior, model, options, context) {
    const { random, signal, templates, role } = context;
    const trial = trialsOf(behavior, model, options, context);

    const apply = async (operator: Operator, text: string, draws: Random): Promise<string> => {
      const rule = options.rules ? byRule[operator] : undefined;
      if (rule) return rule(text, draws);
      const sampling = { temperature: draws.next() * options.warmest, topP: 1 };
      const said = fillSlots(templateOf(templates, operator, draws), { text });
      const asking = { maxNewTokens: options.attackerTokens, sampling, random: draws, signal };
      const reply = await whereItFits(() => ask(role('attacker'), said, asking));
      const written = reply === null ? null : readPlainProposal(oneOf(reply, draws));
      return written?.prompt ?? text;
    };
    const rewrite = async (draws: Random) => {
      const used = draws.sample(operators, 1 + draws.integer(operators.length));
      let text = behavior.prompt;
      for (const operator of used) text = await apply(operator, text, draws);
      return { used, text };
    };
    /** Whether the judge finds that the text still asks for harm; `null` when it does not say. */
    const stillHarmful = async (text: string): Promise<boolean | null> => {
      const said = fillSlots(templateOf(templates, 'harmful'), { text });
      const reply = await whereItFits(() => ask(role('judge'), said, { maxNewTokens: 8, signal }));
      return reply === null ? null : readYesNo(reply);
    };

    let best: { readonly prompt: string; readonly reply: TrialReply } | null = null;
    let step = 0;
    while (step < options.iterations && best?.reply.verdict !== 'answered') {
      signal.throwIfAborted();
      let round = 0;
      let accepted: boolean | null;
      let rewritten: Awaited<ReturnType<typeof rewrite>>;
      do {
        rewritten = await rewrite(random.fork(`rewrite ${step} ${round}`));
        accepted = options.check ? await stillHarmful(rewritten.text) : null;
        round++;
      } while (options.check && accepted !== true && round < options.rewrites);
      const draws = random.fork(`scenario ${step}`);
      const scenario = options.scenario === 'any' ? draws.pick(scenarios) : options.scenario;
      const prompt = nested(templates, scenario, rewritten.text, draws);
      const reply = await trial({ name: scenario, messages: conversation(behavior, prompt) });
      if (best === null || worth[reply.verdict] > worth[best.reply.verdict]) best = { prompt, reply };
      yield {
        step: step++,
        candidate: prompt,
        detail: {
          scenario,
          operators: rewritten.used,
          rewritten: rewritten.text,
          rounds: round,
          accepted,
          ...reply,
        },
      };
    }
    const { prompt, reply } = best!;
    return { messages: conversation(behavior, prompt), steps: step, claimed: claimOf(reply.verdict) };
  },
  mutate: (behavior, { scenario }, { random, templates }) => {
    const used = random.sample(Object.keys(byRule) as Operator[], 1 + random.integer(3));
    const text = used.reduce((written, operator) => byRule[operator]!(written, random), behavior.prompt);
    const task = scenario === 'any' ? random.pick(scenarios) : scenario;
    return { messages: conversation(behavior, nested(templates, task as string, text, random)), steps: 0 };
  },
});
