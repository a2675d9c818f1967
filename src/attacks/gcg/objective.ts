/** @file What a search along the gradient minimizes, and the objectives of a target string. */
import type { ScoringOptions, WhiteBoxModel } from '../../models/language-model.ts';
import type { CheckedAnswer } from '../parts/success/checked-answer.ts';
import {
  scoreSuffixes,
  suffixGradient,
  type Suffix,
  type SuffixPrompt,
} from '../parts/suffix/suffix-prompt.ts';
import { crossEntropy, isCertain } from '../parts/target.ts';
import { mellowmax } from './ranking.ts';

export interface Candidate extends Suffix {
  /** Cross-entropy of the target, nats per token. */
  readonly loss: number;
  /** What the search minimizes; of an objective that samples, only those of one step can be compared. */
  readonly objective: number;
  /** As `isCertain` of the target. */
  readonly certain: boolean;
}

/** What the model answers to the suffix that a step begins with. */
export interface Look {
  /** The suffix to continue from: another one where the answer to this one is a relapse. */
  readonly suffix: Candidate;
  /** The verdict on the greedy answer to that suffix. */
  readonly greedy: CheckedAnswer;
  /** All sampled answers, for the step to show. */
  readonly answers: readonly { readonly kind: string; readonly reward: number }[];
}

export interface Objective {
  /** For objectives that depend on the model's answers: sample them anew, before gradient and scores of a step. */
  look?(suffix: Candidate, step: number): Promise<Look>;
  /** With respect to the one-hot rows of the suffix, shape [S, V]. */
  gradient(suffix: Suffix): Promise<Float32Array>;
  score(suffixes: readonly Suffix[]): Promise<Candidate[]>;
}

/** @param logProbs of the target, shape [T] */
export const candidateOf = (suffix: Suffix, logProbs: Float32Array, objective: number): Candidate => ({
  ids: suffix.ids,
  text: suffix.text,
  loss: crossEntropy(logProbs),
  objective,
  certain: isCertain(logProbs),
});

/** The gradient is that of the cross-entropy; mellowmax ranks the candidates only. */
export function targetObjective(
  prompt: SuffixPrompt<WhiteBoxModel>,
  rank: 'cross-entropy' | 'mellowmax',
  sharpness: number,
  scoring: ScoringOptions,
): Objective {
  const objectiveOf = (logProbs: Float32Array) =>
    rank === 'mellowmax'
      ? mellowmax(
          logProbs.map((value) => -value),
          sharpness,
        )
      : crossEntropy(logProbs);
  return {
    gradient: (suffix) => suffixGradient(prompt, suffix, scoring),
    async score(suffixes) {
      const scored = await scoreSuffixes(prompt, suffixes, scoring);
      return suffixes.map((suffix, i) => candidateOf(suffix, scored[i]!, objectiveOf(scored[i]!)));
    },
  };
}
