import type { Behavior } from '../core/behavior.ts';
import { arxiv } from '../core/method.ts';
import { boolean, integer, number } from '../core/options.ts';
import type { Random } from '../core/random.ts';
import { fillSlots } from '../core/slots.ts';
import { joinedPacks, templateOf, templatePacks, type Templates } from '../core/templates.ts';
import { conversation, defineAttack } from './attack.ts';
import { hiddenLetters, plainFragments, sensitiveFragments } from './dra/disguise.ts';
import { contentWords, echoShare } from './parts/content-words.ts';
import { answerCheck, closeness, type CheckedAnswer } from './parts/success/checked-answer.ts';
import { successNeeds, successOptions, successTakes } from './parts/success/options.ts';
import { judgeTexts } from './parts/success/judge-score.ts';
import { countOutcomes } from './parts/success/outcomes.ts';
import { claimOf } from './parts/success/verdict.ts';
import compact from './templates/compact/dra.json' with { type: 'json' };
import full from './templates/full/dra.json' with { type: 'json' };

/** Share of a word that its fragments keep, for content words and for other words; between 0.001 and 0.999. */
interface KeptShares {
  readonly sensitive: number;
  readonly plain: number;
}

interface PuzzleOptions {
  readonly words: boolean;
  /** Chance that the opening names tools. */
  readonly tools: number;
  readonly steps: number;
}

function puzzle(
  behavior: Behavior,
  keep: KeptShares,
  options: PuzzleOptions,
  templates: Templates,
  random: Random,
): string {
  const fragments = behavior.prompt
    .trim()
    .split(/\s+/)
    .flatMap((word) =>
      contentWords(word).length > 0
        ? sensitiveFragments(word, keep.sensitive, random)
        : plainFragments(word, keep.plain, random),
    );
  const withTools = random.next() < options.tools;
  const [first = '', second = ''] = random.shuffle(templates['tool'] ?? []);
  const quoted = fragments.map((fragment) => `"${fragment}"`).join(', ');
  return fillSlots(templateOf(templates, 'puzzle'), {
    lines: hiddenLetters(behavior.prompt, templates['letters'] ?? [], random),
    words: options.words ? fillSlots(templateOf(templates, 'guide'), { fragments: quoted }) : '',
    tools: withTools ? fillSlots(templateOf(templates, 'tools'), { first, second }) : '',
    steps: String(options.steps),
    opening: templateOf(templates, 'opening'),
  });
}

/**
 * Disguise and reconstruction: the request is hidden letter by letter in parentheses, one letter per line; the model is
 * asked to reconstruct it as Q1, with word fragments as hints, and to answer with a forced opening. After a refusal the
 * content words are cut shorter; after an answer that says too little of the request, the other words are cut less.
 */
export const dra = defineAttack({
  id: 'dra',
  title: 'Disguise and reconstruction (DRA)',
  paper: arxiv(
    '2402.18104',
    'Making Them Ask and Answer: Jailbreaking Large Language Models in Few Queries via Disguise and Reconstruction',
  ),
  summary: 'Hides the letters of the request in a puzzle that the model first solves and then answers.',
  differs:
    "The words cut as sensitive are the request's content words, not those that a toxicity classifier " +
    'marks; no judge is asked unless `success` says so; the best puzzle is kept, not the last. The texts are ours; ' +
    'the compact ones hide each letter in one word, where the paper has phrases, and leave out the demand for length.',
  access: 'black-box',
  needs: [],
  needsWhen: successNeeds,
  takesWhen: successTakes,
  templates: joinedPacks(templatePacks(compact, full), judgeTexts),
  options: {
    iterations: integer({
      description: 'Most puzzles to try; with one, the target is not queried.',
      default: 20,
      min: 1,
      max: 200,
      unit: 'puzzles',
    }),
    sensitiveKeep: number({
      description: 'Least share of a content word that its fragments keep at first.',
      default: 0.5,
      min: 0.001,
      max: 0.999,
    }),
    plainKeep: number({
      description: 'Least share of any other word that its fragments keep at first.',
      default: 0.5,
      min: 0.001,
      max: 0.999,
    }),
    words: boolean({ description: 'Give word fragments of the request as hints.', default: true }),
    tools: number({
      description:
        'Chance that the answer also has to use two things that are drawn at random; the published code has two in three.',
      default: 0.667,
      min: 0,
      max: 1,
    }),
    steps: integer({
      description: 'Number of steps to ask for in the answer.',
      default: 3,
      min: 1,
      max: 50,
      unit: 'steps',
    }),
    ...successOptions,
  },
  async *run(behavior, model, options, context) {
    const check = answerCheck(behavior, model, options, context);
    let keep: KeptShares = { sensitive: options.sensitiveKeep, plain: options.plainKeep };
    const counter = countOutcomes(options, context);
    let best: { readonly prompt: string; readonly answer: CheckedAnswer; readonly value: number } | undefined;
    let step = 0;
    while (step < options.iterations && best?.answer.verdict !== 'answered' && !context.spent()) {
      context.signal.throwIfAborted();
      const draws = context.random.fork(`puzzle ${step}`);
      const prompt = puzzle(behavior, keep, options, context.templates, draws);
      const messages = conversation(behavior, prompt);
      if (options.iterations === 1) {
        yield { step, candidate: prompt, detail: { ...keep } };
        return { messages, steps: 0 };
      }
      const answer = await check({ messages });
      yield { step: step++, candidate: prompt, detail: { ...answer, ...keep } };
      const { verdict, response } = answer;
      const echo = echoShare(behavior.prompt, response);
      const value = closeness(answer) + echo / 2;
      counter.add(answer);
      if (best === undefined || value >= best.value) best = { prompt, answer, value };
      if (verdict === 'refused') keep = { ...keep, sensitive: Math.max(keep.sensitive - 0.1, 0.001) };
      else if (echo < options.echo) keep = { ...keep, plain: Math.min(keep.plain + 0.1, 0.999) };
    }
    const { prompt, answer } = best!;
    const messages = conversation(behavior, prompt);
    return { messages, steps: step, claimed: claimOf(answer.verdict), outcomes: counter.outcomes };
  },
  mutate: (behavior, options, { random, templates }) => ({
    messages: conversation(
      behavior,
      puzzle(
        behavior,
        { sensitive: options.sensitiveKeep, plain: options.plainKeep },
        options,
        templates,
        random,
      ),
    ),
    steps: 0,
  }),
});
