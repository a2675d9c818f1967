import { LabError } from '../core/errors.ts';
import { arxiv } from '../core/method.ts';
import { boolean, choice, integer, number } from '../core/options.ts';
import type { Random } from '../core/random.ts';
import { isScoring, type LanguageModel, type ScoringModel } from '../models/language-model.ts';
import { defineAttack } from './attack.ts';
import { predictedGains, rankSwaps } from './parts/coordinate.ts';
import { probeSample } from './parts/probe.ts';
import { labelReply } from './parts/refusal.ts';
import {
  openSite,
  proposalOptions,
  proposeSuffixes,
  readSuffix,
  scoreSuffixes,
  suffixGradient,
  suffixOf,
  type Site,
  type Suffix,
} from './parts/suffix-site.ts';
import {
  crossEntropy,
  exclamationMarks,
  mellowmax,
  suffixTokens,
  targetOf,
  withSuffix,
} from './parts/target.ts';

interface Candidate extends Suffix {
  /** Cross-entropy of the target, nats per token. */
  readonly loss: number;
  /** What the search minimizes: the loss, or its mellowmax. */
  readonly objective: number;
  /** Every target token has more than half of the mass, so greedy decoding is sure to write the target. */
  readonly certain: boolean;
}

/** What the further entries of a new attack buffer are made of. */
const singleCharacter = /^\s?[A-Za-z!?.,;:%&*()@#$]$/;

/** Up to `count` suffixes as long as `like`, of random letters and marks. */
function randomSuffixes(site: Site, like: Suffix, count: number, random: Random): Suffix[] {
  const { tokenizer } = site.model;
  const ids = suffixTokens(tokenizer).filter((id) => singleCharacter.test(tokenizer.decode([id])));
  return Array.from({ length: ids.length > 0 ? count : 0 }, () =>
    readSuffix(
      [site],
      like.ids.map(() => random.pick(ids)),
    ),
  ).filter((suffix) => suffix !== null);
}

/** Whether to move to a suffix whose objective is higher by `rise`, with a temperature that falls from 1 to 0. */
const annealedAccept = (rise: number, step: number, steps: number, random: Random): boolean =>
  rise < 0 || random.next() <= Math.exp(-rise / Math.max(1 - step / steps, 1e-7));

function checkedDraft(draft: LanguageModel): ScoringModel {
  if (isScoring(draft)) return draft;
  throw new LabError('bad-plan', `The scorer ${draft.id} does not show its distributions.`, {
    advice: 'Probe sampling needs a scorer of tier grey-box.',
  });
}

/**
 * Greedy coordinate gradient: swap suffix tokens where the gradient of the target loss promises most, score the swaps
 * by a forward pass, move to the best, repeat.
 * Several behaviors or models at once: see gcg-universal. From nanoGCG: drawn positions, attack buffer, probe sampling
 * and mellowmax, which here only ranks candidates (of −log-probs, where nanoGCG takes raw logits); the gradient stays
 * that of the mean.
 */
export const gcg = defineAttack({
  id: 'gcg',
  title: 'GCG',
  paper: arxiv('2307.15043', 'Universal and Transferable Adversarial Attacks on Aligned Language Models'),
  summary: 'Grows a suffix, token by token along the gradient, that makes the wanted opening likely.',
  differs:
    "The paper's defaults are 500 steps, 512 candidates and the 256 best swaps a position; ours suit a " +
    'laptop. Here every candidate is checked to encode to its own ids in context, so the loss is that ' +
    'of the string; the best suffix ever seen is what is tested and returned; unless `success` says so, ' +
    'an answer has to open with the target to end the search.',
  access: 'white-box',
  needs: [],
  needsWhen: { probe: { true: ['scorer'] } },
  options: {
    steps: integer({
      description: 'Gradient steps; the paper has 500.',
      default: 50,
      min: 1,
      max: 5000,
      unit: 'steps',
    }),
    ...proposalOptions,
    testEvery: integer({
      description: "Steps between tests by greedy generation; 0 never tests. The paper's code has 50.",
      default: 10,
      min: 0,
      max: 1000,
      unit: 'steps',
    }),
    testTokens: integer({
      description: 'Tokens written in a test; never fewer than the target has.',
      default: 32,
      min: 1,
      max: 512,
      unit: 'tokens',
    }),
    success: choice({
      description:
        'What ends the search: the answer opens with the target, or (as in the paper) is no refusal.',
      choices: ['target', 'no-refusal'],
      default: 'target',
    }),
    accept: choice({
      description:
        'Without a buffer: whether a step always moves to its best suffix, or to a worse one ever more rarely.',
      choices: ['always', 'annealed'],
      default: 'always',
    }),
    buffer: integer({
      description: 'Best suffixes kept to go on from; 0 always goes on from the latest.',
      default: 0,
      min: 0,
      max: 64,
      unit: 'suffixes',
    }),
    objective: choice({
      description: 'What ranks the candidates.',
      choices: ['cross-entropy', 'mellowmax'],
      default: 'cross-entropy',
    }),
    sharpness: number({
      description: 'Mellowmax only: near 0 it is the mean of the token losses, large the worst of them.',
      default: 1,
      min: 0.01,
      max: 100,
    }),
    probe: boolean({
      description: 'Whether the scorer, a smaller model, first tells which candidates to look at.',
      default: false,
    }),
  },
  async *run(behavior, model, options, { random, signal, role }) {
    const { tokenizer } = model;
    const allowed = suffixTokens(tokenizer);
    const draws = random.fork('swaps');
    const chances = random.fork('annealing');
    const probes = random.fork('probes');
    const site = openSite(model, behavior, exclamationMarks(options.suffixLength));
    const draft = options.probe ? checkedDraft(role('scorer')) : null;
    const scoring = { signal, sharePrefix: options.prefixCache };

    const evaluate = async (suffixes: readonly Suffix[]): Promise<Candidate[]> => {
      const scored = await scoreSuffixes(site, suffixes, scoring);
      return suffixes.map((suffix, i) => {
        const losses = scored[i]!.map((value) => -value);
        const loss = crossEntropy(scored[i]!);
        const objective = options.objective === 'mellowmax' ? mellowmax(losses, options.sharpness) : loss;
        return { ...suffix, loss, objective, certain: losses.every((value) => value < Math.LN2) };
      });
    };
    /** Losses under the draft model, which reads the conversation by its own tokenizer. */
    const draftLosses = async (small: ScoringModel, suffixes: readonly Suffix[]) => {
      const target = small.tokenizer.encode(targetOf(behavior));
      const prompts = suffixes.map(({ text }) => small.tokenizer.prompt(site.place(text)));
      const requests = prompts.map((prompt) => ({ prompt, target }));
      return (await small.logProbs(requests, scoring)).map(crossEntropy);
    };
    const score = async (suffixes: readonly Suffix[]) =>
      draft === null || suffixes.length === 0
        ? { scored: suffixes.length > 0 ? await evaluate(suffixes) : [] }
        : probeSample(suffixes, (all) => draftLosses(draft, all), evaluate, probes);
    const test = async ({ text }: Suffix) => {
      const maxNewTokens = Math.max(options.testTokens, site.target.length);
      const { text: reply } = await model.generate(site.place(text), { maxNewTokens, signal });
      const passed =
        options.success === 'target'
          ? reply.trim().startsWith(targetOf(behavior).trim())
          : labelReply(reply) === 'answered';
      return { reply, passed };
    };

    const start = suffixOf(site);
    const extra = randomSuffixes(site, start, options.buffer - 1, random.fork('buffer'));
    let pool = (await evaluate([start, ...extra])).toSorted((a, b) => a.objective - b.objective);
    let current = pool[0]!;
    let best = pool.toSorted((a, b) => a.loss - b.loss)[0]!;
    yield {
      step: 0,
      candidate: withSuffix(behavior.prompt, current.text),
      loss: current.loss,
      bestLoss: best.loss,
    };

    let step = 0;
    let done = best.certain;
    while (!done && step < options.steps) {
      step++;
      signal.throwIfAborted();
      const gradient = await suffixGradient(site, current, { signal });
      const swaps = rankSwaps(gradient, current.ids, allowed, options.topK);
      const gains = predictedGains(gradient, current.ids, swaps);
      const tokens = current.ids.map((id) => tokenizer.decode([id]));

      const { scored, ...probed } = await score(proposeSuffixes([site], current, swaps, options, draws));
      for (const candidate of scored) if (candidate.loss < best.loss) best = candidate;
      const [winner] = scored.toSorted((a, b) => a.objective - b.objective);
      if (winner && options.buffer > 0) {
        pool = [winner, ...pool].toSorted((a, b) => a.objective - b.objective).slice(0, options.buffer);
        current = pool[0]!;
      } else if (winner) {
        const rise = winner.objective - current.objective;
        const moves = options.accept === 'always' || annealedAccept(rise, step, options.steps, chances);
        if (moves) current = winner;
      }
      const due = options.testEvery > 0 && step % options.testEvery === 0;
      const verdict = due ? await test(best) : null;
      done = best.certain || verdict?.passed === true;
      yield {
        step,
        candidate: withSuffix(behavior.prompt, current.text),
        loss: current.loss,
        bestLoss: best.loss,
        // `tokens` and `gains` describe the suffix that this step set out from.
        detail: { suffix: current.text, tokens, gains, scored: scored.length, ...probed, ...verdict },
      };
    }
    return { messages: site.place(best.text), loss: best.loss, steps: step, claimed: done };
  },
});
