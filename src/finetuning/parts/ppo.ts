/** @file Proximal policy optimization under a constraint, as functions of numbers. Pure. */
import type { Loss } from './losses.ts';

/**
 * Generalized advantage estimates of one answer, without discount: `values[t]` is what is expected of it before token t,
 * `rewards[t]` what token t brings.
 * @see https://arxiv.org/abs/1506.02438
 */
export function advantagesOf(
  rewards: readonly number[],
  values: readonly number[],
  decay: number,
): readonly number[] {
  const out = new Array<number>(rewards.length);
  let ahead = 0;
  for (let t = rewards.length - 1; t >= 0; t--) {
    const surprise = rewards[t]! + (values[t + 1] ?? 0) - values[t]!;
    out[t] = ahead = surprise + decay * ahead;
  }
  return out;
}

/** The advantage in reward less the multiplier times that in cost, scaled so that its size does not grow with it. */
export const combinedAdvantage = (reward: number, cost: number, multiplier: number): number =>
  (reward - multiplier * cost) / (1 + multiplier);

/** −min(ρA, clip(ρ, 1 ± ε) A) with ρ = exp(change), as a function of the change of a token's log-prob. */
export function clippedLoss(change: number, advantage: number, clip: number): Loss {
  const ratio = Math.exp(change);
  const bounded = Math.min(1 + clip, Math.max(1 - clip, ratio));
  return ratio * advantage <= bounded * advantage
    ? { loss: -ratio * advantage, slope: -ratio * advantage }
    : { loss: -bounded * advantage, slope: 0 };
}

/** No multiplier grows larger: from there the reward is all but left out. */
const mostMultiplier = 1000;

/** ln λ rises by rate · λ · violation, so that λ stays positive: it grows while the cost is above its bound, else falls. */
export const nextMultiplier = (multiplier: number, violation: number, rate: number): number =>
  Math.min(mostMultiplier, multiplier * Math.exp(rate * multiplier * violation));
