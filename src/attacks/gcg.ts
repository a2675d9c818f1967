import { arxiv } from '../core/method.ts';
import { boolean, choice, integer, number } from '../core/options.ts';
import { defineAttack } from './attack.ts';
import { checkedDraft, draftLosses } from './gcg/draft.ts';
import { randomSuffixes } from './gcg/first-suffixes.ts';
import { probeSample } from './gcg/probe-sampling.ts';
import { annealedAccept, mellowmax } from './gcg/ranking.ts';
import { answerTest } from './parts/success/checked-answer.ts';
import { judgeTexts } from './parts/success/judge-score.ts';
import { successNeeds, successTakes, testOptions } from './parts/success/options.ts';
import { collectFindings } from './parts/success/outcomes.ts';
import { verdictByWords } from './parts/success/verdict.ts';
import {
  predictedGains,
  proposalOptions,
  proposeSuffixes,
  rankSwaps,
} from './parts/suffix/coordinate-search.ts';
import {
  exclamationMarks,
  initialSuffix,
  scoreSuffixes,
  suffixGradient,
  suffixPrompt,
  suffixTokens,
  withSuffix,
  type Suffix,
} from './parts/suffix/suffix-prompt.ts';
import { crossEntropy, isCertain, targetBehindThought, targetOf } from './parts/target.ts';

interface Candidate extends Suffix {
  /** Cross-entropy of the target, nats per token. */
  readonly loss: number;
  /** What the search minimizes: the loss, or its mellowmax. */
  readonly objective: number;
  /** As `isCertain` of the target. */
  readonly certain: boolean;
}

/**
 * Greedy coordinate gradient: swap suffix tokens where the gradient predicts the largest fall of the target loss, score
 * the swaps with a forward pass, move to the best, repeat.
 * Several behaviors or models at once: see gcg-universal. From nanoGCG: drawn positions, attack buffer, probe sampling
 * and mellowmax, which here only ranks candidates (by −log-probs, while nanoGCG takes raw logits); the gradient is
 * always that of the mean loss.
 */
export const gcg = defineAttack({
  id: 'gcg',
  title: 'GCG',
  paper: arxiv('2307.15043', 'Universal and Transferable Adversarial Attacks on Aligned Language Models'),
  summary: 'Optimizes a suffix, token by token along the gradient, that makes the wanted opening likely.',
  differs:
    "The paper's defaults are 500 steps, 512 candidates and the 256 best swaps per position; ours suit a " +
    'laptop. Here every candidate is checked to retokenize to its own ids in context, so the loss is ' +
    'that of the string; the best suffix of the whole search is tested and returned; unless `end` says ' +
    'otherwise, the search ends at an answer that passes the test of `success`, not at the first that is no ' +
    'refusal.' +
    targetBehindThought,
  access: 'white-box',
  needs: [],
  needsWhen: { probe: { true: ['scorer'] }, ...successNeeds },
  takesWhen: successTakes,
  templates: judgeTexts,
  options: {
    steps: integer({
      description: 'Gradient steps; the paper uses 500.',
      default: 50,
      min: 1,
      max: 5000,
      unit: 'steps',
    }),
    ...proposalOptions,
    testEvery: integer({
      description: "Steps between tests by greedy generation; 0 never tests. The paper's code uses 50.",
      default: 10,
      min: 0,
      max: 1000,
      unit: 'steps',
    }),
    testTokens: integer({
      description: 'Most tokens of the answer in a test; never fewer than the target has.',
      default: 32,
      min: 1,
      max: 512,
      unit: 'tokens',
    }),
    end: choice({
      description:
        'What ends the search: an answer that is a success, as `success` decides; one that is not a refusal, as in the paper; or one that opens with the target.',
      choices: ['answer', 'no-refusal', 'target'],
      default: 'answer',
    }),
    ...testOptions,
    accept: choice({
      description:
        'Without a buffer: a step always moves to its best suffix, or moves to a worse one with falling probability.',
      choices: ['always', 'annealed'],
      default: 'always',
    }),
    buffer: integer({
      description: 'Best suffixes to continue from; 0 always continues from the latest.',
      default: 0,
      min: 0,
      max: 64,
      unit: 'suffixes',
    }),
    objective: choice({
      description: 'The objective that ranks the candidates.',
      choices: ['cross-entropy', 'mellowmax'],
      default: 'cross-entropy',
    }),
    sharpness: number({
      description:
        'Mellowmax only: near 0 it is the mean of the token losses; large values approach their maximum.',
      default: 1,
      min: 0.01,
      max: 100,
    }),
    probe: boolean({
      description: 'Let the scorer, a smaller model, preselect the candidates (probe sampling).',
      default: false,
    }),
  },
  async *run(behavior, model, options, context) {
    const { random, signal, role } = context;
    const { tokenizer } = model;
    const allowed = suffixTokens(tokenizer);
    const draws = random.fork('swaps');
    const chances = random.fork('annealing');
    const probes = random.fork('probes');
    const prompt = suffixPrompt(model, behavior, exclamationMarks(options.suffixLength));
    const draft = options.probe ? checkedDraft(role('scorer')) : null;
    const scoring = { signal, sharePrefix: options.prefixCache };

    const evaluate = async (suffixes: readonly Suffix[]): Promise<Candidate[]> => {
      const scored = await scoreSuffixes(prompt, suffixes, scoring);
      return suffixes.map((suffix, i) => {
        const logProbs = scored[i]!;
        const loss = crossEntropy(logProbs);
        const objective =
          options.objective === 'mellowmax'
            ? mellowmax(
                logProbs.map((value) => -value),
                options.sharpness,
              )
            : loss;
        return { ...suffix, loss, objective, certain: isCertain(logProbs) };
      });
    };
    const score = async (suffixes: readonly Suffix[]) =>
      draft === null || suffixes.length === 0
        ? { scored: suffixes.length > 0 ? await evaluate(suffixes) : [] }
        : probeSample(
            suffixes,
            (all) => draftLosses(draft, behavior, prompt.place, all, scoring),
            evaluate,
            probes,
          );
    const answers = answerTest(behavior, options, context);
    const found = collectFindings<Candidate>(options, context);
    let tested = '';
    const testSuffix = async (suffix: Candidate) => {
      tested = suffix.text;
      const messages = prompt.place(suffix.text);
      const maxNewTokens = Math.max(options.testTokens, prompt.target.length);
      const { text: reply } = await model.generate(messages, { maxNewTokens, signal });
      const answer = await answers.verdictOn({ messages }, reply);
      found.add(suffix, answer);
      const passed = {
        answer: answer.verdict === 'answered',
        'no-refusal': verdictByWords(reply) === 'answered',
        target: reply.trim().startsWith(targetOf(behavior).trim()),
      }[options.end];
      return { passed, ...answer };
    };

    const start = initialSuffix(prompt);
    const extra = randomSuffixes(prompt, start, options.buffer - 1, random.fork('buffer'));
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
    /** Greedy decoding is sure to write the target of a certain suffix: with `end: target` there is nothing to test. */
    const isTarget = () => options.end === 'target' && best.certain;
    let done = isTarget() || (best.certain && (await testSuffix(best)).passed);
    while (!done && step < options.steps) {
      step++;
      signal.throwIfAborted();
      const gradient = await suffixGradient(prompt, current, { signal });
      const swaps = rankSwaps(gradient, current.ids, allowed, options.topK);
      const gains = predictedGains(gradient, current.ids, swaps);
      const tokens = current.ids.map((id) => tokenizer.decode([id]));

      const { scored, ...agreement } = await score(proposeSuffixes([prompt], current, swaps, options, draws));
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
      const due = (options.testEvery > 0 && step % options.testEvery === 0) || best.certain;
      const test = due && !isTarget() && best.text !== tested ? await testSuffix(best) : null;
      done = isTarget() || test?.passed === true;
      yield {
        step,
        candidate: withSuffix(behavior.prompt, current.text),
        loss: current.loss,
        bestLoss: best.loss,
        // `tokens` and `gains` describe the suffix at the start of this step.
        detail: { suffix: current.text, tokens, gains, scored: scored.length, ...agreement, ...test },
      };
    }
    if (options.end === 'answer' && best.text !== tested) await testSuffix(best);
    const { text, loss } = options.end === 'answer' ? found.best!.candidate : best;
    const claim = options.end === 'answer' ? {} : { claimed: done };
    return { messages: prompt.place(text), loss, steps: step, ...found.end, ...claim };
  },
});
