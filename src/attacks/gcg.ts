import { arxiv } from '../core/method.ts';
import { defineAttack } from './attack.ts';
import { draftLosses } from './gcg/draft.ts';
import { randomSuffixes } from './gcg/first-suffixes.ts';
import { checkReinforce, gcgOptions } from './gcg/options.ts';
import { probeSample } from './gcg/probe-sampling.ts';
import { targetObjective, type Candidate } from './gcg/objective.ts';
import { annealedAccept } from './gcg/ranking.ts';
import { reinforceObjective } from './gcg/reinforce.ts';
import { scorerOf } from './parts/scorer.ts';
import { answerTest, type CheckedAnswer } from './parts/success/checked-answer.ts';
import { judgeTexts } from './parts/success/judge-score.ts';
import { successNeeds, successTakes } from './parts/success/options.ts';
import { collectFindings } from './parts/success/outcomes.ts';
import { verdictByWords } from './parts/success/verdict.ts';
import { predictedGains, proposeSuffixes, rankSwaps } from './parts/suffix/coordinate-search.ts';
import {
  exclamationMarks,
  initialSuffix,
  suffixPrompt,
  suffixTokens,
  withSuffix,
  type Suffix,
} from './parts/suffix/suffix-prompt.ts';
import { targetBehindThought, targetOf } from './parts/target.ts';

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
    'refusal. The objective `reinforce` is that of the paper 2502.17254, with two differences: rewards are the verdicts ' +
    'of the success test (the score of the judge, the probability of the guard, or 1 and 0 by words), and an answer ' +
    'whose score cannot be read is left out; the tokens of an answer are those of its text, encoded again.' +
    targetBehindThought,
  access: 'white-box',
  needs: [],
  needsWhen: { probe: { true: ['scorer'] }, ...successNeeds },
  takesWhen: successTakes,
  templates: judgeTexts,
  options: gcgOptions,
  async *run(behavior, model, options, context) {
    checkReinforce(options);
    const { random, signal } = context;
    const { tokenizer } = model;
    const allowed = suffixTokens(tokenizer);
    const draws = random.fork('swaps');
    const chances = random.fork('annealing');
    const probes = random.fork('probes');
    const prompt = suffixPrompt(model, behavior, exclamationMarks(options.suffixLength));
    const draft = options.probe ? scorerOf(context, 'Probe sampling') : null;
    const scoring = { signal, sharePrefix: options.prefixCache };

    const answers = answerTest(behavior, options, context);
    const objective =
      options.objective === 'reinforce'
        ? reinforceObjective(prompt, options, {
            test: answers,
            random: random.fork('answers'),
            scoring,
            signal,
          })
        : targetObjective(prompt, options.objective, options.sharpness, scoring);
    const score = async (suffixes: readonly Suffix[]) =>
      draft === null || suffixes.length === 0
        ? { scored: suffixes.length > 0 ? await objective.score(suffixes) : [] }
        : probeSample(
            suffixes,
            (all) => draftLosses(draft, behavior, prompt.place, all, scoring),
            (all) => objective.score(all),
            probes,
          );
    const found = collectFindings<Candidate>(options, context);
    let tested = '';
    const take = (suffix: Candidate, answer: CheckedAnswer) => {
      tested = suffix.text;
      found.add(suffix, answer);
      const passed = {
        answer: answer.verdict === 'answered',
        'no-refusal': verdictByWords(answer.response) === 'answered',
        target: answer.response.trim().startsWith(targetOf(behavior).trim()),
      }[options.end];
      return { passed, ...answer };
    };
    const testSuffix = async (suffix: Candidate) => {
      const messages = prompt.place(suffix.text);
      const maxNewTokens = Math.max(options.testTokens, prompt.target.length);
      const { text: reply } = await model.generate(messages, { maxNewTokens, signal });
      return take(suffix, await answers.verdictOn({ messages }, reply));
    };

    const start = initialSuffix(prompt);
    const extra = randomSuffixes(prompt, start, options.buffer - 1, random.fork('buffer'));
    let pool = (await objective.score([start, ...extra])).toSorted((a, b) => a.objective - b.objective);
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
    while (!done && step < options.steps && !context.spent()) {
      step++;
      signal.throwIfAborted();
      const look = await objective.look?.(current, step);
      if (look) current = look.suffix;
      const seen = look && { answers: look.answers, ...take(current, look.greedy) };
      if (seen?.passed) {
        yield {
          step,
          candidate: withSuffix(behavior.prompt, current.text),
          loss: current.loss,
          bestLoss: best.loss,
          detail: { suffix: current.text, ...seen },
        };
        done = true;
        break;
      }
      const gradient = await objective.gradient(current);
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
      const due = !look && ((options.testEvery > 0 && step % options.testEvery === 0) || best.certain);
      const test = due && !isTarget() && best.text !== tested ? await testSuffix(best) : null;
      done = isTarget() || test?.passed === true;
      yield {
        step,
        candidate: withSuffix(behavior.prompt, current.text),
        loss: current.loss,
        bestLoss: best.loss,
        // `tokens` and `gains` describe the suffix at the start of this step.
        detail: {
          suffix: current.text,
          tokens,
          gains,
          scored: scored.length,
          ...agreement,
          ...seen,
          ...test,
        },
      };
    }
    const leader = objective.look ? current : best;
    if (options.end === 'answer' && leader.text !== tested) await testSuffix(leader);
    const { text, loss } = options.end === 'answer' ? found.best!.candidate : leader;
    const claim = options.end === 'answer' ? {} : { claimed: done };
    return { messages: prompt.place(text), loss, steps: step, ...found.end, ...claim };
  },
});
