/** @file How a search along the gradient ranks its suffixes, and when it moves to a worse one. */
import type { Random } from '../../core/random.ts';
import { logSumExp } from '../../models/decoding/sampler.ts';

/**
 * A smooth maximum of the per-token losses: (1/α)(log Σ exp(α t) − log n).
 * @param sharpness α; the mean as it goes to 0, the largest loss as it grows
 * @see https://arxiv.org/abs/1612.05628 (mellowmax), used for suffix search by nanoGCG
 */
export const mellowmax = (losses: Float32Array, sharpness: number): number =>
  (logSumExp(losses.map((loss) => sharpness * loss)) - Math.log(losses.length)) / sharpness;

/** True if the search moves to a suffix whose objective is higher by `rise`; the temperature falls from 1 to 0. */
export const annealedAccept = (rise: number, step: number, steps: number, random: Random): boolean =>
  rise < 0 || random.next() <= Math.exp(-rise / Math.max(1 - step / steps, 1e-7));
