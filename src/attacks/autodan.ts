import type { Behavior } from '../core/behavior.ts';
import { lastUserText } from '../core/chat.ts';
import { arxiv } from '../core/method.ts';
import { choice, integer, number } from '../core/options.ts';
import { fillSlots } from '../core/slots.ts';
import { templateOf, type Templates } from '../core/templates.ts';
import type { Random } from '../core/random.ts';
import { contextOverflow } from '../models/decoding/checks.ts';
import { conversation, defineAttack } from './attack.ts';
import { ask } from './parts/ask.ts';
import {
  crossOver,
  drawBy,
  exchangeWords,
  rouletteChances,
  synonymTable,
  updateMomentum,
  type Momentum,
} from './parts/genetic.ts';
import { judgeTexts } from './parts/judge-score.ts';
import { readPlainProposal } from './parts/structured-reply.ts';
import { crossEntropy, targetOf } from './parts/target.ts';
import { claimOf, trialNeeds, trialOptions, trialsOf, type TrialReply } from './parts/variants.ts';
import texts from './templates/autodan.json' with { type: 'json' };

interface Member {
  readonly text: string;
  /** Minus the target loss, nats per token; −∞ for a text too long for the model. */
  readonly fitness: number;
}

const prompted = (behavior: Behavior, text: string) => conversation(behavior, `${text} ${behavior.prompt}`);

/** The seeds in random order, as often as it takes; from the second time on with some words exchanged. */
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
 * AutoDAN: a genetic search over readable texts that stand before the request. Fitness is how likely they make the
 * target; parents are drawn by it, mix their sentences, and a language model rephrases a few. In the hierarchical form
 * most generations exchange words instead, for synonyms that occur in fit texts.
 * Step 0 tells how far the seeds come alone.
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
    'The paper has 64 texts of some 3,000 characters and 100 steps; ours are few and short, for small ' +
    'contexts. Here a step is one generation, of either kind; the request stands behind the text; ' +
    'synonyms come from a table, and only its words are remembered; a synonym is drawn by the softmax ' +
    'of its score; words to exchange are picked anywhere in the text, and a synonym that was never seen ' +
    'counts as the worst known, where the published code lets it win; a rephrasing that says nothing is ' +
    'dropped; mutations stay with one behavior.',
  access: 'grey-box',
  needs: [],
  needsWhen: { ...trialNeeds, mutation: { paraphraser: ['paraphraser'] } },
  templates: { ...judgeTexts, ...texts },
  options: {
    form: choice({
      description: 'Hierarchical, with generations of words between those of sentences; or sentences only.',
      choices: ['hierarchical', 'plain'],
      default: 'hierarchical',
    }),
    steps: integer({
      description: 'Generations; the paper has 100 steps.',
      default: 12,
      min: 1,
      max: 1000,
      unit: 'generations',
    }),
    population: integer({
      description: 'Texts; the paper has 64.',
      default: 16,
      min: 2,
      max: 256,
      unit: 'texts',
    }),
    elites: number({
      description: 'Share of the texts, the best, that stay as they are; at least one does.',
      default: 0.1,
      min: 0,
      max: 1,
    }),
    crossover: number({
      description: 'Chance that two parents mix, and that a picked word is exchanged.',
      default: 0.5,
      min: 0,
      max: 1,
    }),
    points: integer({
      description: 'Places at which two texts are cut, if they have so many sentences.',
      default: 5,
      min: 1,
      max: 50,
      unit: 'cuts',
    }),
    mutation: choice({
      description: 'Who rephrases a text: a language model, or nobody.',
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
      description: 'Hierarchical only: generations of words after each one of sentences.',
      default: 5,
      min: 1,
      max: 100,
      unit: 'generations',
    }),
    memory: integer({
      description: 'Words whose success is remembered.',
      default: 50,
      min: 1,
      max: 1000,
      unit: 'words',
    }),
    exchanged: integer({
      description: 'Most words that are exchanged in one text.',
      default: 5,
      min: 1,
      max: 100,
      unit: 'words',
    }),
    ...trialOptions,
  },
  async *run(behavior, model, options, context) {
    const { random, signal, templates } = context;
    const target = model.tokenizer.encode(targetOf(behavior));
    const synonyms = synonymTable(templates['synonyms'] ?? []);
    const writer = options.mutation === 'paraphraser' ? context.role('paraphraser') : null;
    const [draws, asked] = [random.fork('breeding'), random.fork('rephrasing')];
    const elites = Math.max(1, Math.floor(options.elites * options.population));

    const evaluate = async (population: readonly string[]): Promise<readonly Member[]> => {
      const prompts = population.map((text) => model.tokenizer.prompt(prompted(behavior, text)));
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
    const mutate = async (text: string): Promise<string> => {
      if (writer === null || draws.next() >= options.mutationRate) return text;
      const said = fillSlots(templateOf(templates, 'rephrase', asked), { text });
      const sampling = { temperature: 1, topP: 0.9 };
      const maxNewTokens = 32 + text.length;
      const reply = await ask(writer, said, { maxNewTokens, sampling, random: asked, signal });
      return readPlainProposal(reply)?.prompt.replace(/\s+/g, ' ') ?? text;
    };
    const mixed = (members: readonly Member[]): string[] => {
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
    const reworded = (members: readonly Member[]): string[] => {
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
    const trial = trialsOf(behavior, model, options, context);
    const tried = new Map<string, TrialReply>();
    const test = async ({ text }: Member): Promise<TrialReply> => {
      const messages = prompted(behavior, text);
      const reply = tried.get(text) ?? (await trial({ name: 'best', messages }));
      tried.set(text, reply);
      return reply;
    };

    const texts0 = firstTexts(options.population, templates, random.fork('seeds'));
    const first: string[] = [];
    for (const text of texts0) first.push(await mutate(text));
    let members = await evaluate(first);
    let reply = await test(members[0]!);
    const report = (step: number, level: string) => ({
      step,
      candidate: lastUserText(prompted(behavior, members[0]!.text)),
      loss: -members[0]!.fitness,
      bestLoss: -members[0]!.fitness,
      detail: {
        level,
        // How the population spreads, best first; a text too long for the model has no loss.
        losses: members.map(({ fitness }) => (fitness === -Infinity ? null : -fitness)),
        distinct: new Set(members.map(({ text }) => text)).size,
        ...reply,
      },
    });
    yield report(0, 'seeds');

    let step = 0;
    while (reply.verdict !== 'answered' && step < options.steps) {
      signal.throwIfAborted();
      const sentences = options.form === 'plain' || step % (options.wordGenerations + 1) === 0;
      step++;
      const kept = members.slice(0, elites).map(({ text }) => text);
      const children: string[] = [];
      for (const child of sentences ? mixed(members) : reworded(members)) children.push(await mutate(child));
      members = await evaluate([...kept, ...children]);
      reply = await test(members[0]!);
      yield report(step, sentences ? 'sentences' : 'words');
    }
    const [best] = members;
    return {
      messages: prompted(behavior, best!.text),
      loss: -best!.fitness,
      steps: step,
      claimed: claimOf(reply.verdict),
    };
  },
  mutate: (behavior, _, { random, templates }) => ({
    messages: prompted(behavior, templateOf(templates, 'seeds', random)),
    steps: 0,
  }),
});
