import type { Behavior } from '../core/behavior.ts';
import { arxiv } from '../core/method.ts';
import { choice, integer, number } from '../core/options.ts';
import type { Random } from '../core/random.ts';
import { fillSlots } from '../core/slots.ts';
import { joinedPacks, templateOf, templatePacks, type Templates } from '../core/templates.ts';
import { argmax } from '../models/decoding/sampler.ts';
import type { ScoringModel } from '../models/language-model.ts';
import { conversation, defineAttack } from './attack.ts';
import { answerCheck, type CheckedAnswer } from './parts/success/checked-answer.ts';
import { judgeTexts } from './parts/success/judge-score.ts';
import { answerTokensLike, successNeeds, successOptions, successTakes } from './parts/success/options.ts';
import { collectFindings } from './parts/success/outcomes.ts';
import { exclamationMarks, suffixTokens, withSuffix } from './parts/suffix/suffix-prompt.ts';
import { targetBehindThought, targetOf } from './parts/target.ts';
import compact from './templates/compact/laa.json' with { type: 'json' };
import full from './templates/full/laa.json' with { type: 'json' };

export const laaTexts = templatePacks(compact, full);

/** The request within the chosen template. */
export const request = (behavior: Behavior, template: 'none' | 'rules', templates: Templates): string =>
  template === 'none'
    ? behavior.prompt
    : fillSlots(templateOf(templates, 'rules'), {
        goal: behavior.prompt.toLowerCase(),
        target: targetOf(behavior),
      });

interface Candidate {
  readonly ids: readonly number[];
  readonly suffix: string;
  /** Log-prob of the first target token, nats. */
  readonly logProb: number;
}

/** True if greedy decoding opens with `token`. */
async function opensWith(model: ScoringModel, prompt: readonly number[], token: number, signal: AbortSignal) {
  const session = await model.open([prompt], { signal });
  try {
    return argmax(session.logits(0)) === token;
  } finally {
    await session.close();
  }
}

/**
 * Tokens to change at the `query`-th query (from 1), halved in stages: `most`, then half of it, … a 32nd.
 * @see https://arxiv.org/abs/2404.02151
 */
export function changesByQuery(query: number, most: number): number {
  const stage = [10, 25, 50, 100, 500].findIndex((last) => query <= last);
  return Math.max(1, Math.floor(most / 2 ** (stage < 0 ? 5 : stage)));
}

/** Tokens to change when the best probability so far is `probability`, by the paper's scale for open models. */
export const changesByProbability = (probability: number, most: number): number =>
  Math.max(1, Math.floor(most / (probability <= 0.01 ? 1 : probability <= 0.1 ? 2 : 4)));

/** `ids` with a run of `count` tokens overwritten by uniform draws from `allowed`; the length is unchanged. */
export function overwriteRun(
  ids: readonly number[],
  count: number,
  allowed: readonly number[],
  random: Random,
): number[] {
  const length = Math.min(count, ids.length);
  const start = random.integer(ids.length - length + 1);
  return ids.map((id, i) => (i >= start && i < start + length ? random.pick(allowed) : id));
}

/**
 * The simple adaptive attack: a template of rules, then random search for a suffix that makes the first token of the
 * target likely.
 * Several proposals from the same parent are scored in one call, and the search moves to the best of them if that is an
 * improvement; a step costs `proposals` queries.
 */
export const laa = defineAttack({
  id: 'laa',
  title: 'Simple adaptive attack (LAA)',
  paper: arxiv('2404.02151', 'Jailbreaking Leading Safety-Aligned LLMs with Simple Adaptive Attacks'),
  summary: 'Random search for a suffix, guided by the log-prob of the first token of the target.',
  differs:
    'The paper makes up to 10,000 queries, one proposal at a time, from a suffix of 25 tokens; set ' +
    '`proposals` to 1 for that. Here the suffix keeps its length and uses printable ASCII only; the ' +
    'target token is the one that starts the answer after the chat template, not the likelier of two ' +
    "spellings; there is one template of rules, without the paper's in-context example; suffixes are not " +
    'transferred from other models; proposals that raise the probability further are looked at as well, ' +
    'while the paper samples the best one again.' +
    targetBehindThought,
  access: 'grey-box',
  needs: [],
  needsWhen: successNeeds,
  takesWhen: successTakes,
  templates: joinedPacks(judgeTexts, laaTexts),
  options: {
    template: choice({
      description: 'Text around the request: rules like those of the paper, or none.',
      choices: ['none', 'rules'],
      default: 'rules',
    }),
    steps: integer({
      description: 'Steps in each run; the paper uses up to 10,000.',
      default: 60,
      min: 1,
      max: 10_000,
      unit: 'steps',
    }),
    proposals: integer({
      description: 'Suffixes scored in each step; the paper uses 1.',
      default: 16,
      min: 1,
      max: 256,
      unit: 'suffixes',
    }),
    suffixLength: integer({
      description: 'Exclamation marks in the initial suffix.',
      default: 25,
      min: 1,
      max: 200,
      unit: 'marks',
    }),
    mostChanges: integer({
      description: 'Most consecutive tokens that one proposal overwrites.',
      default: 4,
      min: 1,
      max: 64,
      unit: 'tokens',
    }),
    schedule: choice({
      description:
        'How the overwritten run shrinks: with the best probability so far, with the number of queries, or not at all.',
      choices: ['probability', 'queries', 'none'],
      default: 'probability',
    }),
    restarts: integer({
      description: 'Further runs from the initial suffix after one without success; the paper uses up to 10.',
      default: 0,
      min: 0,
      max: 20,
      unit: 'runs',
    }),
    stop: choice({
      description:
        'When the answer is worth a look: the target token is the likeliest one, or it reaches the probability below.',
      choices: ['argmax', 'probability'],
      default: 'argmax',
    }),
    stopProbability: number({
      description: 'Probability of the target token from which the answer is worth a look.',
      default: 0.1,
      min: 0.001,
      max: 1,
    }),
    checks: integer({
      description:
        'Most answers that a run looks at; after the last one without success the next run begins.',
      default: 10,
      min: 1,
      max: 1000,
      unit: 'answers',
    }),
    ...successOptions,
    maxNewTokens: answerTokensLike(150),
  },
  async *run(behavior, model, options, context) {
    const { random, signal, templates } = context;
    const { tokenizer } = model;
    const start = request(behavior, options.template, templates);
    const place = (suffix: string) => conversation(behavior, withSuffix(start, suffix));
    const promptOf = (suffix: string) => tokenizer.prompt(place(suffix), { atAnswer: true });
    const token = tokenizer.encode(targetOf(behavior))[0]!;
    const allowed = suffixTokens(tokenizer);
    const initial = exclamationMarks(options.suffixLength);

    const evaluate = async (proposals: readonly (readonly number[])[]): Promise<Candidate[]> => {
      const texts = proposals.map((ids) => tokenizer.decode(ids));
      const requests = texts.map((suffix) => ({ prompt: promptOf(suffix), target: [token] }));
      const scored = await model.logProbs(requests, { signal });
      return proposals.map((ids, i) => ({ ids, suffix: texts[i]!, logProb: scored[i]![0]! }));
    };
    const isPromising = async ({ suffix, logProb }: Candidate): Promise<boolean> =>
      options.stop === 'probability'
        ? Math.exp(logProb) >= options.stopProbability
        : // The likeliest of V tokens has at least 1/V of the mass.
          logProb >= -Math.log(tokenizer.vocabSize) - 1e-3 &&
          (await opensWith(model, promptOf(suffix), token, signal));

    const check = answerCheck(behavior, model, options, context);
    const found = collectFindings<Candidate>(options, context);
    const look = async (candidate: Candidate): Promise<CheckedAnswer> => {
      const answer = await check({ messages: place(candidate.suffix) });
      found.add(candidate, answer);
      return answer;
    };

    let overall: Candidate | undefined;
    let step = 0;
    for (let run = 0; run <= options.restarts && !found.succeeded && !context.spent(); run++) {
      const draws = random.fork(`run ${run}`);
      let best = (await evaluate([tokenizer.encode(initial)]))[0]!;
      overall ??= best;
      let looks = 0;
      const lookIfPromising = async () => {
        if (looks === options.checks || !(await isPromising(best))) return {};
        looks++;
        return look(best);
      };
      let queries = 1;
      const first = run === 0 ? await lookIfPromising() : {};
      yield {
        step,
        candidate: withSuffix(start, best.suffix),
        loss: -best.logProb,
        bestLoss: -overall.logProb,
        detail: { run, suffix: best.suffix, queries, ...first },
      };
      const done = (i: number) =>
        i >= options.steps || looks >= options.checks || found.succeeded || context.spent();
      for (let i = 0; !done(i); i++) {
        signal.throwIfAborted();
        const changes = {
          probability: changesByProbability(Math.exp(best.logProb), options.mostChanges),
          queries: changesByQuery(queries, options.mostChanges),
          none: options.mostChanges,
        }[options.schedule];
        const proposals = Array.from({ length: options.proposals }, () =>
          overwriteRun(best.ids, changes, allowed, draws),
        );
        const scored = await evaluate(proposals);
        const winner = scored.toSorted((a, b) => b.logProb - a.logProb)[0]!;
        queries += proposals.length;
        const accepted = winner.logProb > best.logProb;
        if (accepted) best = winner;
        if (best.logProb > overall.logProb) overall = best;
        const answer = accepted ? await lookIfPromising() : {};
        step++;
        yield {
          step,
          candidate: withSuffix(start, winner.suffix),
          loss: -winner.logProb,
          bestLoss: -overall.logProb,
          detail: { run, suffix: best.suffix, queries, changes, accepted, ...answer },
        };
      }
    }
    if (found.best === undefined) await look(overall!);
    const { candidate } = found.best!;
    return { messages: place(candidate.suffix), loss: -candidate.logProb, steps: step, ...found.end };
  },
  mutate: (behavior, { template, suffixLength }, { templates }) => ({
    messages: conversation(
      behavior,
      withSuffix(request(behavior, template, templates), exclamationMarks(suffixLength)),
    ),
    steps: 0,
  }),
});
