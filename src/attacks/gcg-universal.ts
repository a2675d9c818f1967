import { LabError } from '../core/errors.ts';
import { arxiv } from '../core/method.ts';
import { boolean, integer, number } from '../core/options.ts';
import { mean } from '../core/statistics.ts';
import { isWhiteBox, type LanguageModel, type WhiteBoxModel } from '../models/language-model.ts';
import { defineAttack } from './attack.ts';
import { rankSwaps, sumOfNormalized } from './parts/coordinate.ts';
import { labelReply } from './parts/refusal.ts';
import {
  openSite,
  proposalOptions,
  proposeSuffixes,
  scoreSuffixes,
  suffixGradient,
  suffixOf,
  type Site,
  type Suffix,
} from './parts/suffix-site.ts';
import { crossEntropy, exclamationMarks, suffixTokens, withSuffix } from './parts/target.ts';

interface Candidate extends Suffix {
  /** Mean over the sites in play: cross-entropy of the target and, weighted, that of the suffix. */
  readonly loss: number;
  /** Cross-entropy of the target at each site. */
  readonly losses: readonly number[];
  /** At each site greedy decoding is sure to write the target. */
  readonly certain: boolean;
}

/** @throws LabError 'bad-plan' unless `other` can be differentiated and spells text as `model` does */
function checkedPartner(model: WhiteBoxModel, other: LanguageModel, sample: string): WhiteBoxModel {
  const alike = (one: WhiteBoxModel) =>
    one.tokenizer.vocabSize === model.tokenizer.vocabSize &&
    one.tokenizer.encode(sample).join() === model.tokenizer.encode(sample).join();
  if (isWhiteBox(other) && alike(other)) return other;
  throw new LabError('bad-plan', `A suffix for ${model.id} cannot be fitted to the scorer ${other.id} too.`, {
    advice: 'The second model must be of tier white-box and use the same tokenizer.',
  });
}

/** Sum of arrays of one length. */
const sumOf = (arrays: readonly Float32Array[]): Float32Array =>
  arrays.slice(1).reduce((sum, array) => sum.map((value, i) => value + array[i]!), arrays[0]!);

/**
 * Universal GCG: one suffix for several behaviors, and for a second model if there is one. Gradients of a model's
 * behaviors are added, scaled row by row, and added over the models; a candidate counts by its mean loss.
 * Progressive, as in the paper: it starts with one behavior and one model, and whenever the suffix works on all in
 * play the next behavior joins, and at last the next model.
 * The best loss is that of the present set, so it is measured anew when the set grows.
 */
export const gcgUniversal = defineAttack({
  id: 'gcg-universal',
  title: 'Universal GCG',
  paper: arxiv('2307.15043', 'Universal and Transferable Adversarial Attacks on Aligned Language Models'),
  summary: 'Grows one suffix that works on several behaviors, and on a second model, at once.',
  differs:
    'The paper fits 25 behaviors and up to 4 models in 500 steps. Here the search runs anew for each ' +
    'behavior that it is tried on, with that behavior first (`own`) or left out; models must share a ' +
    'tokenizer; the weight of fluency stays what it is; the search ends when the suffix works ' +
    'everywhere.',
  access: 'white-box',
  needs: [],
  needsWhen: { secondModel: { true: ['scorer'] } },
  whiteBoxRoles: ['scorer'],
  options: {
    steps: integer({
      description: 'Gradient steps; the paper has 500.',
      default: 60,
      min: 1,
      max: 5000,
      unit: 'steps',
    }),
    ...proposalOptions,
    behaviors: integer({
      description: 'Behaviors that the suffix is fitted to; the paper has 25.',
      default: 3,
      min: 1,
      max: 100,
      unit: 'behaviors',
    }),
    own: boolean({
      description: 'Whether the behavior that the suffix is tried on is one of them, and the first.',
      default: true,
    }),
    progressive: boolean({
      description: 'Whether behaviors and models join one by one.',
      default: true,
    }),
    secondModel: boolean({
      description: 'Whether the suffix is fitted to the scorer as well.',
      default: false,
    }),
    fluency: number({
      description: 'Weight of the cross-entropy of the suffix itself, for suffixes that read better.',
      default: 0,
      min: 0,
      max: 10,
    }),
    testEvery: integer({
      description: "Steps between tests by greedy generation; the paper's code has 50.",
      default: 10,
      min: 1,
      max: 1000,
      unit: 'steps',
    }),
    testTokens: integer({
      description: 'Tokens written in a test.',
      default: 32,
      min: 1,
      max: 512,
      unit: 'tokens',
    }),
  },
  async *run(behavior, model, options, { random, signal, others, role }) {
    const initial = exclamationMarks(options.suffixLength);
    const home = openSite(model, behavior, initial);
    const start = suffixOf(home);
    const harmful = random.fork('behaviors').shuffle(others.filter(({ kind }) => kind === 'harmful'));
    const goals = [...(options.own ? [behavior] : []), ...harmful]
      .filter((goal) => suffixOf(openSite(model, goal, initial)).ids.join() === start.ids.join())
      .slice(0, options.behaviors);
    if (goals.length === 0)
      throw new LabError('bad-input', 'There are no other harmful behaviors to learn a suffix from.', {
        advice: 'Add behaviors to the plan, or let the attack fit the suffix to its own behavior.',
      });
    const models = [
      model,
      ...(options.secondModel ? [checkedPartner(model, role('scorer'), initial)] : []),
    ] as const;
    /** By model, then by behavior. */
    const grid = models.map((one) => goals.map((goal) => openSite(one, goal, initial)));
    const everywhere = [home, ...grid.flat()];
    const allowed = suffixTokens(model.tokenizer);
    const draws = random.fork('swaps');

    const stages = options.progressive
      ? [
          ...goals.map((_, i) => [i + 1, 1] as const),
          ...models.slice(1).map((_, i) => [goals.length, i + 2] as const),
        ]
      : [[goals.length, models.length] as const];
    let stage = 0;
    const inPlay = (): readonly (readonly Site[])[] => {
      const [behaviors, modelCount] = stages[stage]!;
      return grid.slice(0, modelCount).map((row) => row.slice(0, behaviors));
    };

    const evaluate = async (suffixes: readonly Suffix[]): Promise<Candidate[]> => {
      const scoring = { signal, sharePrefix: options.prefixCache };
      const columns: { readonly scores: Float32Array[]; readonly fluency: number[] }[] = [];
      for (const site of inPlay().flat()) {
        const scores = await scoreSuffixes(site, suffixes, scoring);
        columns.push({ scores, fluency: options.fluency > 0 ? await fluencyAt(site, suffixes) : [] });
      }
      return suffixes.map((suffix, i) => {
        const losses = columns.map(({ scores }) => crossEntropy(scores[i]!));
        const fluency = mean(columns.map((column) => column.fluency[i] ?? 0));
        const certain = columns.every(({ scores }) => scores[i]!.every((value) => value > -Math.LN2));
        return { ...suffix, losses, loss: mean(losses) + options.fluency * fluency, certain };
      });
    };
    const fluencyAt = async (site: Site, suffixes: readonly Suffix[]) => {
      const prompt = site.span.prompt.slice(0, site.span.start);
      const requests = suffixes.map(({ ids }) => ({ prompt, target: ids }));
      return (await site.model.logProbs(requests, { signal })).map(crossEntropy);
    };
    const gradientAt = async (suffix: Suffix) => {
      const ofModels: Float32Array[] = [];
      for (const sites of inPlay()) {
        const ofGoals: Float32Array[] = [];
        for (const site of sites) ofGoals.push(await suffixGradient(site, suffix, { signal }));
        ofModels.push(sumOf(ofGoals));
      }
      return sumOfNormalized(ofModels, suffix.ids.length);
    };
    const answers = async (site: Site, { ids }: Suffix) => {
      const text = site.model.tokenizer.decode(ids);
      const reply = await site.model.generate(site.place(text), { maxNewTokens: options.testTokens, signal });
      return labelReply(reply.text) === 'answered';
    };
    const works = async (suffix: Candidate) =>
      suffix.certain ||
      (
        await Promise.all(
          inPlay()
            .flat()
            .map((site) => answers(site, suffix)),
        )
      ).every(Boolean);

    let [current] = (await evaluate([start])) as [Candidate];
    let best = current;
    const report = (step: number, detail: object) => ({
      step,
      candidate: withSuffix(behavior.prompt, current.text),
      loss: current.loss,
      bestLoss: best.loss,
      detail: {
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
      const swaps = rankSwaps(await gradientAt(current), current.ids, allowed, options.topK);
      const proposals = proposeSuffixes(everywhere, current, swaps, options, draws);
      const scored = proposals.length > 0 ? await evaluate(proposals) : [];
      current = scored.toSorted((a, b) => a.loss - b.loss)[0] ?? current;
      if (current.loss < best.loss) best = current;

      const worked = (best.certain || step % options.testEvery === 0) && (await works(best));
      yield report(step, { scored: scored.length, works: worked });
      if (worked && stage + 1 === stages.length) done = true;
      else if (worked) {
        stage++;
        [best] = (await evaluate([best])) as [Candidate];
        current = best;
      }
    }
    const [scores] = await scoreSuffixes(home, [best], { signal });
    return {
      messages: home.place(best.text),
      loss: crossEntropy(scores!),
      steps: step,
      claimed: await answers(home, best),
    };
  },
});
