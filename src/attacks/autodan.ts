import type { Behavior } from '../core/behavior.ts';
import { lastUserText } from '../core/chat.ts';
import { arxiv } from '../core/method.ts';
import { choice, integer, number } from '../core/options.ts';
import type { Random } from '../core/random.ts';
import { rewritingIn } from '../core/rewriter-reply.ts';
import { fillSlots } from '../core/slots.ts';
import { joinedPacks, templateOf, templatePacks, type Templates } from '../core/templates.ts';
import { contextOverflow } from '../models/decoding/checks.ts';
import { conversation, defineAttack } from './attack.ts';
import { crossOver, exchangeWords, synonymTable, updateMomentum, type Momentum } from './autodan/genetic.ts';
import { ask } from './parts/ask.ts';
import { drawBy, rouletteChances } from './parts/draws.ts';
import { answerCheck, closeness, type CheckedAnswer } from './parts/success/checked-answer.ts';
import { successNeeds, successOptions, successTakes } from './parts/success/options.ts';
import { judgeTexts } from './parts/success/judge-score.ts';
import { countOutcomes } from './parts/success/outcomes.ts';
import { claimOf } from './parts/success/verdict.ts';
import { crossEntropy, targetBehindThought, targetOf } from './parts/target.ts';
import compact from './templates/compact/autodan.json' with { type: 'json' };
import full from './templates/full/autodan.json' with { type: 'json' };

export const autodanTexts = templatePacks(compact, full);

interface Member {
  readonly text: string;
  /** The negated target loss, nats per token; −∞ for a text too long for the model. */
  readonly fitness: number;
}

export const promptWith = (behavior: Behavior, text: string) =>
  conversation(behavior, `${text} ${behavior.prompt}`);

/** The seeds in random order, repeated up to `count`; repetitions have some words exchanged. */
function firstTexts(count: number, templates: Templates, random: Random): string[] {
  const seeds = templates['seeds'] ?? [];
  const synonyms = synonymTable(templates['synonyms'] ?? []);
  const order = random.shuffle(seeds);
  return Array.from({ length: order.length === 0 ? 0 : count }, (_, i) => {
    const seed = order[i % order.length]!;
    return i < order.length ? seed : exchangeWords(seed, synonyms, new Map(), { most: 5, rate: 1 }, random);
  });
}

/**
 * AutoDAN: a genetic search over readable texts that precede the request. Fitness is the negated target loss; parents
 * are drawn by fitness and mix their sentences, and a language model rephrases some children. In the hierarchical form
 * most generations instead exchange words for synonyms that occur in fit texts.
 * Step 0 shows the best seed before any generation.
 */
export const autodan = defineAttack({
  id: 'autodan',
  title: 'AutoDAN',
  paper: arxiv(
    '2310.04451',
    'AutoDAN: Generating Stealthy Jailbreak Prompts on Aligned Large Language Models',
  ),
  summary: 'Breeds readable role-play prompts that make the wanted opening likely.',
  differs:
    'The paper uses 64 texts of some 3,000 characters and 100 steps; ours are 16 texts of about that length, which ' +
    'share paragraphs, and in the compact pack a few short ones. Here a step is one generation, of either kind; the request follows the text; synonyms ' +
    'come from a table, and only words of the table are remembered; a synonym is drawn by the softmax ' +
    'of its score; words to exchange are picked anywhere in the text, and a synonym without a score ' +
    'counts as the one with the lowest, where the published code prefers it; an unusable rephrasing is ' +
    'dropped; what is learned is not carried over to another behavior.' +
    targetBehindThought,
  access: 'grey-box',
  needs: [],
  needsWhen: { ...successNeeds, mutation: { paraphraser: ['paraphraser'] } },
  takesWhen: successTakes,
  templates: joinedPacks(judgeTexts, autodanTexts),
  options: {
    form: choice({
      description:
        'Hierarchical, with generations of word exchange between those of sentence crossover; or sentences only.',
      choices: ['hierarchical', 'plain'],
      default: 'hierarchical',
    }),
    steps: integer({
      description: 'Generations; the paper uses 100 steps.',
      default: 12,
      min: 1,
      max: 1000,
      unit: 'generations',
    }),
    population: integer({
      description: 'Texts in the population; the paper uses 64.',
      default: 16,
      min: 2,
      max: 256,
      unit: 'texts',
    }),
    elites: number({
      description: 'Share of the population, the best texts, that stays unchanged; at least one does.',
      default: 0.1,
      min: 0,
      max: 1,
    }),
    crossover: number({
      description: 'Chance that two parents mix, and that a word is exchanged.',
      default: 0.5,
      min: 0,
      max: 1,
    }),
    points: integer({
      description: 'Places at which two texts are cut, if they have enough sentences.',
      default: 5,
      min: 1,
      max: 50,
      unit: 'cuts',
    }),
    mutation: choice({
      description: 'Who rephrases texts: a language model, or nobody.',
      choices: ['paraphraser', 'none'],
      default: 'paraphraser',
    }),
    mutationRate: number({
      description: 'Chance that a child is rephrased.',
      default: 0.01,
      min: 0,
      max: 1,
    }),
    wordGenerations: integer({
      description: 'Hierarchical only: generations of word exchange after each one of sentence crossover.',
      default: 5,
      min: 1,
      max: 100,
      unit: 'generations',
    }),
    memory: integer({
      description: 'Most words whose scores are remembered.',
      default: 50,
      min: 1,
      max: 1000,
      unit: 'words',
    }),
    exchanged: integer({
      description: 'Most words exchanged in one text.',
      default: 5,
      min: 1,
      max: 100,
      unit: 'words',
    }),
    ...successOptions,
  },
  async *run(behavior, model, options, context) {
    const { random, signal, templates } = context;
    const target = model.tokenizer.encode(targetOf(behavior));
    const synonyms = synonymTable(templates['synonyms'] ?? []);
    const writer = options.mutation === 'paraphraser' ? context.role('paraphraser') : null;
    const [draws, rephrasing] = [random.fork('breeding'), random.fork('rephrasing')];
    const elites = Math.max(1, Math.floor(options.elites * options.population));

    const evaluate = async (population: readonly string[]): Promise<readonly Member[]> => {
      const prompts = population.map((text) =>
        model.tokenizer.prompt(promptWith(behavior, text), { atAnswer: true }),
      );
      const fits = prompts.map((prompt) => prompt.length + target.length <= model.contextWindow);
      const requests = prompts.filter((_, i) => fits[i]).map((prompt) => ({ prompt, target }));
      if (requests.length === 0) throw contextOverflow(model, prompts[0]!.length + target.length);
      const scored = (await model.logProbs(requests, { signal })).values();
      const members = population.map((text, i): Member => {
        const fitness = fits[i] ? -crossEntropy(scored.next().value!) : -Infinity;
        return { text, fitness };
      });
      return members.toSorted((a, b) => b.fitness - a.fitness);
    };
    const rephrase = async (text: string): Promise<string> => {
      if (writer === null || draws.next() >= options.mutationRate) return text;
      const instruction = fillSlots(templateOf(templates, 'rephrase', rephrasing), { text });
      const sampling = { temperature: 1, topP: 0.9 };
      const maxNewTokens = 32 + text.length;
      const reply = await ask(writer, instruction, { maxNewTokens, sampling, random: rephrasing, signal });
      return rewritingIn(reply)?.replace(/\s+/g, ' ') ?? text;
    };
    const sentenceGeneration = (members: readonly Member[]): string[] => {
      const chances = rouletteChances(members.map(({ fitness }) => fitness));
      const parent = () => members[drawBy(chances, draws)]!.text;
      const children: string[] = [];
      while (children.length < options.population - elites) {
        const pair: [string, string] = [parent(), parent()];
        const mixes = draws.next() < options.crossover;
        children.push(...(mixes ? crossOver(...pair, options.points, draws) : pair));
      }
      return children.slice(0, options.population - elites);
    };
    let momentum: Momentum = new Map();
    const wordGeneration = (members: readonly Member[]): string[] => {
      const fitness = members.map((member) => member.fitness);
      momentum = updateMomentum(
        momentum,
        members.map(({ text }) => text),
        fitness,
        options.memory,
        synonyms,
      );
      const change = { most: options.exchanged, rate: options.crossover };
      return members.slice(elites).map(({ text }) => exchangeWords(text, synonyms, momentum, change, draws));
    };
    const check = answerCheck(behavior, model, options, context);
    const counter = countOutcomes(options, context);
    const answers = new Map<string, CheckedAnswer>();
    /** Of the tested members, the one that came closest, the fitter of two equals. */
    let best: { readonly member: Member; readonly answer: CheckedAnswer } | undefined;
    const test = async (member: Member): Promise<CheckedAnswer> => {
      const { text } = member;
      const earlier = answers.get(text);
      if (earlier) return earlier;
      const answer = await check({ messages: promptWith(behavior, text) });
      answers.set(text, answer);
      counter.add(answer);
      if (best === undefined || closeness(answer) >= closeness(best.answer)) best = { member, answer };
      return answer;
    };

    const seeds = firstTexts(options.population, templates, random.fork('seeds'));
    const population: string[] = [];
    for (const text of seeds) population.push(await rephrase(text));
    let members = await evaluate(population);
    let answer = await test(members[0]!);
    const report = (step: number, level: string) => ({
      step,
      candidate: lastUserText(promptWith(behavior, members[0]!.text)),
      loss: -members[0]!.fitness,
      bestLoss: -members[0]!.fitness,
      detail: {
        level,
        // Best first; a text too long for the model has no loss.
        losses: members.map(({ fitness }) => (fitness === -Infinity ? null : -fitness)),
        distinct: new Set(members.map(({ text }) => text)).size,
        ...answer,
      },
    });
    yield report(0, 'seeds');

    let step = 0;
    while (answer.verdict !== 'answered' && step < options.steps && !context.spent()) {
      signal.throwIfAborted();
      const sentences = options.form === 'plain' || step % (options.wordGenerations + 1) === 0;
      step++;
      const elite = members.slice(0, elites).map(({ text }) => text);
      const children: string[] = [];
      for (const child of sentences ? sentenceGeneration(members) : wordGeneration(members))
        children.push(await rephrase(child));
      members = await evaluate([...elite, ...children]);
      answer = await test(members[0]!);
      yield report(step, sentences ? 'sentences' : 'words');
    }
    const { member, answer: closest } = best!;
    return {
      messages: promptWith(behavior, member.text),
      loss: -member.fitness,
      steps: step,
      claimed: claimOf(closest.verdict),
      outcomes: counter.outcomes,
    };
  },
  mutate: (behavior, _, { random, templates }) => ({
    messages: promptWith(behavior, templateOf(templates, 'seeds', random)),
    steps: 0,
  }),
});
