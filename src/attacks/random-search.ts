import { arxiv } from '../core/method.ts';
import { integer, number } from '../core/options.ts';
import { defineAttack } from './attack.ts';
import { answerCheck } from './parts/success/checked-answer.ts';
import { successNeeds, successOptions, successTakes } from './parts/success/options.ts';
import { judgeTexts } from './parts/success/judge-score.ts';
import { collectFindings } from './parts/success/outcomes.ts';
import { proposalOptions, proposeSuffixes } from './parts/suffix/coordinate-search.ts';
import { promptReader } from './parts/suffix/fluency.ts';
import {
  exclamationMarks,
  initialSuffix,
  scoreSuffixes,
  suffixPrompt,
  suffixTokens,
  withSuffix,
  type Suffix,
} from './parts/suffix/suffix-prompt.ts';
import { crossEntropy, isCertain, targetBehindThought } from './parts/target.ts';

interface Candidate extends Suffix {
  /** Cross-entropy of the target, nats per token. */
  readonly loss: number;
  /** What the search lowers: the loss and the weighted penalties. */
  readonly objective: number;
  /** As `isCertain` of the target. */
  readonly certain: boolean;
}

/**
 * Random search for a suffix: swap single tokens for uniform draws, score the swaps, move to the best one if it is an
 * improvement. It sees what GCG sees except for the gradient, so it is the baseline of searches for a suffix.
 */
export const randomSearch = defineAttack({
  id: 'random-search',
  title: 'Random search',
  paper: arxiv('2404.02151', 'Jailbreaking Leading Safety-Aligned LLMs with Simple Adaptive Attacks'),
  summary: 'A baseline: random single-token swaps of a suffix, kept when the wanted opening gets likelier.',
  differs:
    'The paper rewrites runs of tokens under a template and reads the first token of the target. Here one token is ' +
    'swapped at a time, as in GCG, the whole target is scored, and nothing but a suffix stands beside the request. A ' +
    'gradient of GCG costs about as much as three of its forward passes, which the default of `passes` allows for.' +
    targetBehindThought,
  access: 'grey-box',
  needs: [],
  needsWhen: successNeeds,
  takesWhen: successTakes,
  templates: judgeTexts,
  options: {
    passes: integer({
      description:
        'Most suffixes scored; 50 steps of GCG with 64 candidates and a gradient cost about 3,350.',
      default: 3350,
      min: 1,
      max: 10_000_000,
      unit: 'forward passes',
    }),
    candidates: integer({
      description: 'Suffixes scored in each step.',
      default: 64,
      min: 1,
      max: 2048,
      unit: 'suffixes',
    }),
    suffixLength: proposalOptions.suffixLength,
    fluency: number({
      description: 'Weight of the cross-entropy of the prompt, for a baseline of searches that penalize it.',
      default: 0,
      min: 0,
      max: 100,
    }),
    repetition: number({
      description: 'Weight of the penalty on repeated tokens in the prompt, as in FLRT.',
      default: 0,
      min: 0,
      max: 100,
    }),
    testEvery: integer({
      description: 'Steps between tests of the best suffix by its answer; 0 tests at the end only.',
      default: 10,
      min: 0,
      max: 1000,
      unit: 'steps',
    }),
    ...successOptions,
  },
  async *run(behavior, model, options, context) {
    const { random, signal } = context;
    const prompt = suffixPrompt(model, behavior, exclamationMarks(options.suffixLength));
    const allowed = suffixTokens(model.tokenizer);
    const draws = random.fork('swaps');
    const check = answerCheck(behavior, model, options, context);
    const scoring = { signal, sharePrefix: true };
    const isPenalized = options.fluency > 0 || options.repetition > 0;
    const read = isPenalized ? await promptReader(prompt, scoring) : null;
    const evaluate = async (suffixes: readonly Suffix[]): Promise<readonly Candidate[]> => {
      const readings = await read?.(suffixes);
      const scored =
        readings?.map(({ target }) => target) ?? (await scoreSuffixes(prompt, suffixes, scoring));
      return suffixes.map((suffix, i) => {
        const loss = crossEntropy(scored[i]!);
        const { fluency, repetition } = readings?.[i] ?? { fluency: 0, repetition: 0 };
        const objective = loss + options.fluency * fluency + options.repetition * repetition;
        return { ...suffix, loss, objective, certain: isCertain(scored[i]!) };
      });
    };
    const found = collectFindings<Candidate>(options, context);

    let best = (await evaluate([initialSuffix(prompt)]))[0]!;
    let [step, passes] = [0, 1];
    let bestLoss = Infinity;
    let tested: Candidate | null = null;
    for (;;) {
      bestLoss = Math.min(bestLoss, best.loss);
      const over = passes >= options.passes || context.spent();
      const last = over || best.certain;
      const due = last || (options.testEvery > 0 && step % options.testEvery === 0);
      const answer = due && best !== tested ? await check({ messages: prompt.place(best.text) }) : null;
      if (answer) found.add((tested = best), answer);
      yield {
        step,
        candidate: withSuffix(behavior.prompt, best.text),
        loss: best.loss,
        bestLoss,
        detail: { suffix: best.text, passes, ...answer },
      };
      if (found.succeeded || over) break;
      signal.throwIfAborted();
      step++;
      const swaps = best.ids.map(() => allowed);
      const candidates = Math.min(options.candidates, options.passes - passes);
      const rule = { candidates, replacements: 1, positions: 'drawn' } as const;
      const proposals = proposeSuffixes([prompt], best, swaps, rule, draws);
      passes += Math.max(1, proposals.length);
      for (const candidate of proposals.length > 0 ? await evaluate(proposals) : [])
        if (candidate.objective < best.objective) best = candidate;
    }
    const { text, loss } = found.best!.candidate;
    return { messages: prompt.place(text), loss, steps: step, ...found.end };
  },
});
