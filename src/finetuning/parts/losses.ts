/**
 * @file Losses of training methods as functions of log-probs of whole answers, nats, each with its derivative. Pure.
 */
import { sigmoid } from '../../core/logistic.ts';

export interface Loss {
  readonly loss: number;
  /** Derivative of the loss with respect to its argument. */
  readonly slope: number;
}

/** log σ(x), without overflow. */
export const logSigmoid = (x: number): number => (x < 0 ? x : 0) - Math.log1p(Math.exp(-Math.abs(x)));

/**
 * −log σ(β · margin − offset). The margin of DPO is how much more likely training made the chosen answer than the rejected
 * one; that of SimPO is the difference of their mean log-probs per token, and the offset its γ.
 */
export function preferenceLoss(margin: number, beta: number, offset = 0): Loss {
  const x = beta * margin - offset;
  return { loss: -logSigmoid(x), slope: -beta * sigmoid(-x) };
}

/**
 * Negative preference: (2/β) · −log σ(−β · change), where the change is log π − log π_ref of an unwanted answer.
 * @see https://arxiv.org/abs/2404.05868
 */
export function negativePreferenceLoss(change: number, beta: number): Loss {
  const { loss, slope } = preferenceLoss(-change, beta);
  return { loss: (2 / beta) * loss, slope: (-2 / beta) * slope };
}
