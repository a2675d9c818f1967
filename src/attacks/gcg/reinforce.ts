/**
 * @file The REINFORCE objective: instead of one wanted opening, the expected reward of what the model answers. Its
 * gradient is that of the log-probs of sampled answers, weighted by their rewards.
 * @see https://arxiv.org/abs/2502.17254
 */
import type { Random } from '../../core/random.ts';
import type { ScoringOptions, WhiteBoxModel } from '../../models/language-model.ts';
import { replaceSpan } from '../../models/prompt-span.ts';
import type { AnswerTest } from '../parts/success/checked-answer.ts';
import type { Suffix, SuffixPrompt } from '../parts/suffix/suffix-prompt.ts';
import { candidateOf, targetObjective, type Candidate, type Look, type Objective } from './objective.ts';
import { sampleAnswers, type AnswerSampling, type SampledAnswer } from './reinforce/answers.ts';
import { leaveOneOut, positionWeights, tokenRewards } from './reinforce/weights.ts';

/** A sampled answer with how much better than the others it is, by token. */
interface Weighted extends SampledAnswer {
  readonly advantages: readonly number[];
}

/** Least reward of an answer to remember. */
const worthRemembering = 0.2;
/** From this reward on, the remembered answer gives way only to one that is likelier. */
const goodEnough = 0.75;
/** The greedy answer counts twice as much, the more so the more reward it has. */
const greedyShare = 2;
/** Reward from which an answer makes it worth to look at whole answers when suffixes are compared. */
const promising = 0.01;
/** Tokens of each answer that are looked at before. */
const firstTokens = 40;
/** A suffix whose greedy answer has more reward than this is not left for one whose answer has less. */
const exploited = 0.8;

export function reinforceObjective(
  prompt: SuffixPrompt<WhiteBoxModel>,
  options: AnswerSampling,
  context: {
    readonly test: AnswerTest;
    readonly random: Random;
    readonly scoring: ScoringOptions;
    readonly signal: AbortSignal;
  },
): Objective {
  const { model, span } = prompt;
  const { scoring, signal, random, test } = context;
  const sampling = { ...options, sampleTokens: Math.max(options.sampleTokens, prompt.target.length) };
  const endId = [...model.tokenizer.endIds][0]!;
  /** Ranks suffixes until answers are sampled. */
  const first = targetObjective(prompt, 'cross-entropy', 1, scoring);
  let weighted: readonly Weighted[] = [];
  let remembered: SampledAnswer | null = null;
  let last: { readonly suffix: Candidate; readonly reward: number } | null = null;
  let greedyReward = 0;

  /** Log-probs of the first `most` tokens of each answer after each suffix, [suffixes, answers]. */
  const scores = async (suffixes: readonly Suffix[], answers: readonly SampledAnswer[], most: number) => {
    const requests = suffixes.flatMap(({ ids }) =>
      answers.map((answer) => ({ prompt: replaceSpan(span, ids), target: answer.ids.slice(0, most) })),
    );
    const scored = await model.logProbs(requests, scoring);
    return suffixes.map((_, i) => scored.slice(i * answers.length, (i + 1) * answers.length));
  };
  /** Of the counted tokens among the first `most`, by position alone. */
  const positions = ({ counted }: SampledAnswer, most: number) =>
    positionWeights(Math.min(counted, most), sampling.sampleTokens);
  /** The weights of the policy gradient, for the same tokens. */
  const weightsOf = (answer: Weighted, most: number) =>
    positions(answer, most).map((weight, t) => weight * answer.advantages[t]!);
  const lossBy = (weights: readonly number[], logProbs: Float32Array) =>
    weights.reduce((sum, weight, t) => sum - weight * logProbs[t]!, 0);

  /** Keep the answer with the highest reward; of two good ones, the likelier. */
  const remember = (answers: readonly SampledAnswer[], losses: readonly number[]) => {
    const index = answers.reduce(
      (best, { kind, reward }, i) =>
        kind !== 'seed' && (best < 0 || reward > answers[best]!.reward) ? i : best,
      -1,
    );
    const candidate = answers[index];
    if (candidate === undefined || candidate.reward < worthRemembering) return;
    const at = answers.findIndex(({ kind }) => kind === 'best');
    const isKept = at >= 0 && answers[at]!.reward > goodEnough && losses[index]! >= losses[at]!;
    if (!isKept) remembered = { ...candidate, kind: 'best' };
  };

  const sample = async (suffix: Candidate, draws: Random): Promise<Look> => {
    const sampled = await sampleAnswers(prompt, suffix.text, sampling, { test, random: draws, signal });
    const answers = remembered === null ? sampled.answers : [...sampled.answers, remembered];
    const rows = leaveOneOut(tokenRewards(answers, endId));
    weighted = answers.map((answer, i) => ({ ...answer, advantages: rows[i]! }));
    const [logProbs] = await scores([suffix], answers, Infinity);
    remember(
      answers,
      answers.map((answer, i) => lossBy(positions(answer, Infinity), logProbs![i]!)),
    );
    greedyReward = answers.find(({ kind }) => kind === 'greedy')?.reward ?? 0;
    const shown = answers.map(({ kind, reward }) => ({ kind, reward }));
    return { suffix, greedy: sampled.greedy, answers: shown };
  };

  return {
    async look(suffix, step) {
      const draws = random.fork(`step ${step}`);
      const look = await sample(suffix, draws);
      const isRelapse =
        last !== null && last.reward > exploited && greedyReward <= exploited && last.suffix !== suffix;
      const used = isRelapse ? await sample(last!.suffix, draws) : look;
      last = { suffix: used.suffix, reward: greedyReward };
      return used;
    },
    async gradient({ ids }) {
      const width = ids.length * model.tokenizer.vocabSize;
      const sum = new Float32Array(width);
      for (const answer of weighted) {
        const request = {
          prompt: replaceSpan(span, ids),
          start: span.start,
          end: span.start + ids.length,
          target: answer.ids.slice(0, answer.counted),
          weights: weightsOf(answer, Infinity),
        };
        const gradient = await model.tokenGradient(request, { signal });
        for (let i = 0; i < width; i++) sum[i]! += gradient[i]!;
      }
      return sum;
    },
    async score(suffixes) {
      if (weighted.length === 0) return first.score(suffixes);
      const answers = weighted.filter(({ kind }) => kind !== 'random');
      const isPromising = weighted.some(
        ({ kind, reward, partial }) =>
          (kind === 'greedy' || kind === 'random') &&
          Math.max(
            reward,
            ...partial.filter(({ length }) => length > firstTokens).map((part) => part.reward),
          ) > promising,
      );
      const most = isPromising ? Infinity : Math.max(firstTokens, prompt.target.length);
      const shares = answers.map(({ kind }) => (kind === 'greedy' ? greedyShare : 1));
      const allShares = shares.reduce((sum, share) => sum + share, 0);
      const mix = shares.map(
        (share) => greedyReward * (share / allShares) + (1 - greedyReward) / answers.length,
      );
      return (await scores(suffixes, answers, most)).map((row, at) => {
        const loss = (answer: Weighted, i: number) => mix[i]! * lossBy(weightsOf(answer, most), row[i]!);
        const objective = answers.reduce((sum, answer, i) => sum + loss(answer, i), 0);
        return candidateOf(suffixes[at]!, row[0]!.subarray(0, prompt.target.length), objective);
      });
    },
  };
}
