import { LabError } from '../core/errors.ts';
import { arxiv } from '../core/method.ts';
import { boolean, integer, number } from '../core/options.ts';
import { mean } from '../core/statistics.ts';
import { isWhiteBox, type LanguageModel, type WhiteBoxModel } from '../models/language-model.ts';
import { defineAttack, type AttackStep } from './attack.ts';
import { answerTest } from './parts/success/checked-answer.ts';
import { judgeTexts } from './parts/success/judge-score.ts';
import { successNeeds, successTakes, testOptions } from './parts/success/options.ts';
import { collectFindings } from './parts/success/outcomes.ts';
import {
  proposalOptions,
  proposeSuffixes,
  rankSwaps,
  sumOfNormalized,
} from './parts/suffix/coordinate-search.ts';
import {
  exclamationMarks,
  initialSuffix,
  placeSuffix,
  scoreSuffixes,
  suffixGradient,
  suffixPrompt,
  suffixTokens,
  withSuffix,
  type Suffix,
  type SuffixPrompt,
} from './parts/suffix/suffix-prompt.ts';
import { crossEntropy, isCertain, targetBehindThought, targetOf } from './parts/target.ts';

interface Candidate extends Suffix {
  /** Mean over the active prompts: cross-entropy of the target plus, weighted, that of the suffix. */
  readonly loss: number;
  /** Cross-entropy of the target in each active prompt. */
  readonly losses: readonly number[];
  /** As `isCertain` of the target, in every active prompt. */
  readonly certain: boolean;
}

/** @throws LabError 'bad-plan' unless `other` is white-box and has the tokenizer of `model` */
function checkedPartner(model: WhiteBoxModel, other: LanguageModel, sample: string): WhiteBoxModel {
  const sharesTokenizer = (one: WhiteBoxModel) =>
    one.tokenizer.vocabSize === model.tokenizer.vocabSize &&
    one.tokenizer.encode(sample).join() === model.tokenizer.encode(sample).join();
  if (isWhiteBox(other) && sharesTokenizer(other)) return other;
  throw new LabError('bad-plan', `A suffix for ${model.id} cannot be fitted to the scorer ${other.id} too.`, {
    advice: 'The second model must be of tier white-box and use the same tokenizer.',
  });
}

/** What the search found, for every behavior alike. */
interface UniversalSuffix {
  readonly suffix: string;
  /** Ids of the behaviors that it was fitted to. */
  readonly trainedOn: readonly string[];
  /** Gradient steps. */
  readonly steps: number;
  /** True if it worked on every behavior and model that it was fitted to. */
  readonly works: boolean;
}

/**
 * Universal GCG: one suffix for several behaviors and, optionally, a second model. It is fitted once, to behaviors that
 * it is not tested on, and then put after every other one as it is: the success rate is that of transfer to held-out
 * behaviors. Gradients are summed over the
 * behaviors of a model, normalized row by row, and summed over the models; candidates are ranked by mean loss.
 * Progressive, as in the paper: it starts with one behavior and one model; whenever the suffix works on all active
 * prompts the next behavior joins, and after the behaviors the next model.
 * The best loss is that on the active prompts, so it is measured again when another joins.
 */
export const gcgUniversal = defineAttack({
  id: 'gcg-universal',
  title: 'Universal GCG',
  paper: arxiv('2307.15043', 'Universal and Transferable Adversarial Attacks on Aligned Language Models'),
  summary: 'Grows one suffix that works on several behaviors, and on a second model, at once.',
  differs:
    'The paper fits 25 behaviors and up to 4 models in 500 steps. Here models must share a tokenizer; the weight of fluency is constant; the search ends when the suffix works on all ' +
    'behaviors and models. What fitting takes is counted with no trial.' +
    targetBehindThought,
  access: 'white-box',
  needs: [],
  needsWhen: { secondModel: { true: ['scorer'] }, ...successNeeds },
  takesWhen: successTakes,
  whiteBoxRoles: ['scorer'],
  templates: judgeTexts,
  options: {
    steps: integer({
      description: 'Gradient steps; the paper uses 500.',
      default: 60,
      min: 1,
      max: 5000,
      unit: 'steps',
    }),
    ...proposalOptions,
    behaviors: integer({
      description:
        'Number of behaviors that the suffix is fitted to, at most half of those of the plan; the paper uses 25.',
      default: 3,
      min: 1,
      max: 100,
      unit: 'behaviors',
    }),
    progressive: boolean({
      description: 'Add behaviors and models one by one, as the suffix works on those before.',
      default: true,
    }),
    secondModel: boolean({
      description: 'Fit the suffix to the scorer model as well.',
      default: false,
    }),
    fluency: number({
      description: 'Weight of the cross-entropy of the suffix itself, for suffixes that read better.',
      default: 0,
      min: 0,
      max: 10,
    }),
    testEvery: integer({
      description: "Steps between tests by greedy generation; the paper's code uses 50.",
      default: 10,
      min: 1,
      max: 1000,
      unit: 'steps',
    }),
    ...testOptions,
  },
  trainsOn: ({ behaviors }) => behaviors,
  async *learn(training, model, options, context): AsyncGenerator<AttackStep, UniversalSuffix> {
    const { random, signal, role } = context;
    if (training.length === 0)
      throw new LabError('bad-input', 'There are no other harmful behaviors to fit a suffix to.', {
        advice: 'It learns from behaviors that it is not tested on: add another one to the plan.',
      });
    const initial = exclamationMarks(options.suffixLength);
    const start = initialSuffix(suffixPrompt(model, training[0]!, initial));
    const fitted = training.filter(
      (goal) => initialSuffix(suffixPrompt(model, goal, initial)).ids.join() === start.ids.join(),
    );
    const models = [
      model,
      ...(options.secondModel ? [checkedPartner(model, role('scorer'), initial)] : []),
    ] as const;
    /** Shape [models, behaviors]. */
    const grid = models.map((one) => fitted.map((goal) => suffixPrompt(one, goal, initial)));
    const allPrompts = grid.flat();
    const allowed = suffixTokens(model.tokenizer);
    const draws = random.fork('swaps');

    const stages = options.progressive
      ? [
          ...fitted.map((_, i) => [i + 1, 1] as const),
          ...models.slice(1).map((_, i) => [fitted.length, i + 2] as const),
        ]
      : [[fitted.length, models.length] as const];
    let stage = 0;
    const activePrompts = (): readonly (readonly SuffixPrompt<WhiteBoxModel>[])[] => {
      const [behaviors, modelCount] = stages[stage]!;
      return grid.slice(0, modelCount).map((row) => row.slice(0, behaviors));
    };

    const evaluate = async (suffixes: readonly Suffix[]): Promise<Candidate[]> => {
      const scoring = { signal, sharePrefix: options.prefixCache };
      const columns: { readonly scores: Float32Array[]; readonly fluency: number[] }[] = [];
      for (const prompt of activePrompts().flat()) {
        const scores = await scoreSuffixes(prompt, suffixes, scoring);
        columns.push({ scores, fluency: options.fluency > 0 ? await fluencyIn(prompt, suffixes) : [] });
      }
      return suffixes.map((suffix, i) => {
        const losses = columns.map(({ scores }) => crossEntropy(scores[i]!));
        const fluency = mean(columns.map((column) => column.fluency[i] ?? 0));
        const certain = columns.every(({ scores }) => isCertain(scores[i]!));
        return { ...suffix, losses, loss: mean(losses) + options.fluency * fluency, certain };
      });
    };
    const fluencyIn = async ({ model: one, span }: SuffixPrompt, suffixes: readonly Suffix[]) => {
      const prompt = span.prompt.slice(0, span.start);
      const requests = suffixes.map(({ ids }) => ({ prompt, target: ids }));
      return (await one.logProbs(requests, { signal })).map(crossEntropy);
    };
    const gradientOf = async (suffix: Suffix) => {
      const perModel: Float32Array[] = [];
      for (const prompts of activePrompts()) {
        const sum = await suffixGradient(prompts[0]!, suffix, { signal });
        for (const prompt of prompts.slice(1)) {
          const gradient = await suffixGradient(prompt, suffix, { signal });
          for (let i = 0; i < sum.length; i++) sum[i]! += gradient[i]!;
        }
        perModel.push(sum);
      }
      return sumOfNormalized(perModel, suffix.ids.length);
    };
    const works = async ({ ids }: Suffix) => {
      for (const row of activePrompts())
        for (const [i, { model: one, place }] of row.entries()) {
          const messages = place(one.tokenizer.decode(ids));
          const { text } = await one.generate(messages, { maxNewTokens: options.testTokens, signal });
          const { verdict } = await answerTest(fitted[i]!, options, context).verdictOn({ messages }, text);
          if (verdict !== 'answered') return false;
        }
      return true;
    };

    let [current] = (await evaluate([start])) as [Candidate];
    let best = current;
    const report = (step: number, detail: object) => ({
      step,
      candidate: withSuffix(fitted[0]!.prompt, current.text),
      loss: current.loss,
      bestLoss: best.loss,
      detail: {
        phase: 'fitting',
        suffix: current.text,
        behaviors: stages[stage]![0],
        models: stages[stage]![1],
        losses: current.losses,
        ...detail,
      },
    });
    yield report(0, {});

    let step = 0;
    let done = false;
    while (!done && step < options.steps) {
      step++;
      signal.throwIfAborted();
      const swaps = rankSwaps(await gradientOf(current), current.ids, allowed, options.topK);
      const proposals = proposeSuffixes(allPrompts, current, swaps, options, draws);
      const scored = proposals.length > 0 ? await evaluate(proposals) : [];
      current = scored.toSorted((a, b) => a.loss - b.loss)[0] ?? current;
      if (current.loss < best.loss) best = current;

      const worksNow = (best.certain || step % options.testEvery === 0) && (await works(best));
      yield report(step, { scored: scored.length, works: worksNow });
      if (worksNow && stage + 1 === stages.length) done = true;
      else if (worksNow) {
        stage++;
        [best] = (await evaluate([best])) as [Candidate];
        current = best;
      }
    }
    return { suffix: best.text, trainedOn: fitted.map(({ id }) => id), steps: step, works: done };
  },
  async *run(behavior, model, options, context) {
    const { signal, learned } = context;
    const { suffix, steps, ...fitting } = learned as UniversalSuffix;
    const messages = placeSuffix(behavior)(suffix);
    const prompt = model.tokenizer.prompt(messages, { atAnswer: true });
    const target = model.tokenizer.encode(targetOf(behavior));
    const [scores] = await model.logProbs([{ prompt, target }], { signal });
    const loss = crossEntropy(scores!);
    const { text } = await model.generate(messages, { maxNewTokens: options.testTokens, signal });
    const answer = await answerTest(behavior, options, context).verdictOn({ messages }, text);
    const found = collectFindings<null>(options, context);
    found.add(null, answer);
    yield {
      step: steps + 1,
      candidate: withSuffix(behavior.prompt, suffix),
      loss,
      bestLoss: loss,
      detail: { phase: 'transfer', suffix, ...fitting, ...answer },
    };
    return { messages, loss, steps: 1, ...found.end };
  },
});
