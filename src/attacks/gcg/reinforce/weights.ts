/**
 * @file The weights of the REINFORCE objective, which depend on the rewards alone. S = sampled answers, L = tokens of the
 * longest answer. Rewards are in [0, 1].
 */

/** An answer with its reward after each token. */
export interface Rewarded {
  /** Its tokens, the end token among them if it ended. */
  readonly ids: readonly number[];
  /** Reward of the whole answer. */
  readonly reward: number;
  /** Rewards of its first tokens alone. */
  readonly partial: readonly { readonly length: number; readonly reward: number }[];
}

/** The best reward that an answer earns from token `t` on: that of the whole, or of a part that holds the token. */
const rewardFrom = ({ reward, partial }: Rewarded, t: number): number =>
  partial.reduce((best, part) => (part.length > t ? Math.max(best, part.reward) : best), reward);

/**
 * The reward that each token leads to: the best of all answers that begin with the same tokens.
 * @returns shape [S, L]; an answer that is shorter goes on with `endId`
 */
export function tokenRewards(answers: readonly Rewarded[], endId: number): number[][] {
  const length = Math.max(...answers.map(({ ids }) => ids.length));
  const tokenAt = ({ ids }: Rewarded, t: number) => ids[t] ?? endId;
  return answers.map((answer) => {
    let least = Infinity;
    return Array.from({ length }, (_, t) => {
      const sharing = answers.filter((other) => tokenAt(other, t) === tokenAt(answer, t));
      least = Math.min(least, Math.max(...sharing.map((other) => rewardFrom(other, t))));
      return least;
    });
  });
}

/** Reward of an answer that was not given: more than a refusal earns, so that refusals alone are pushed away too. */
const noAnswerReward = 0.1;
/** Keeps answers of equal reward from having no weight at all. */
const epsilon = 1e-7;

/**
 * The weight of each token in the policy gradient: its reward less the mean reward of the other answers (REINFORCE,
 * leave one out), with one answer of a fixed small reward among them. At each token the absolute weights add up to 1.
 * @param rewards shape [S, L] @returns shape [S, L]
 * @see https://arxiv.org/abs/2402.14740 (RLOO)
 */
export function leaveOneOut(rewards: readonly (readonly number[])[]): number[][] {
  const count = rewards.length + 1;
  const columns = rewards[0]!.map((_, t) => {
    const sum = rewards.reduce((total, row) => total + row[t]!, noAnswerReward);
    return rewards.map((row) => (count * row[t]! - sum) / (count - 1) / count + epsilon);
  });
  return rewards.map((_, i) =>
    columns.map(
      (column) => column[i]! / (column.reduce((sum, weight) => sum + Math.abs(weight), 0) + epsilon),
    ),
  );
}

/** The first token of an answer weighs this many times as much as the last that may be sampled. */
const firstToLast = 5;

/**
 * How much each token of an answer counts for the answer: less and less, and 1 in all.
 * @param most tokens that an answer may have
 * @returns shape [length]
 */
export function positionWeights(length: number, most: number): number[] {
  const slope = (1 - firstToLast) / Math.max(1, most - 1);
  const weights = Array.from({ length }, (_, t) => firstToLast + slope * t);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}
