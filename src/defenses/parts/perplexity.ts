/** @file Perplexity over windows of a text, and the threshold that benign texts suggest. */
import { mean } from '../../core/statistics.ts';

/**
 * The largest perplexity of any window: non-overlapping windows of `size` tokens, and the last `size` tokens when some
 * are left over. A text no longer than one window has its plain perplexity.
 * @param losses negative log-probs of the tokens in the context of the whole text, nats
 * @returns `null` for an empty list, which has no perplexity
 */
export function windowedPerplexity(losses: Float32Array, size: number): number | null {
  if (losses.length === 0) return null;
  const starts = Array.from({ length: Math.floor(losses.length / size) }, (_, i) => i * size);
  if (losses.length % size > 0) starts.push(Math.max(0, losses.length - size));
  return Math.exp(Math.max(...starts.map((start) => mean(losses.subarray(start, start + size)))));
}

/**
 * The lowest threshold at which at most `falsePositiveRate` of benign texts exceed it; at 0 it is their maximum, as in
 * Jain et al.
 * @param benign perplexities of benign texts, by the same model and window
 * @throws RangeError on an empty list or a rate outside [0, 1).
 */
export function calibrateThreshold(benign: readonly number[], falsePositiveRate: number): number {
  if (benign.length === 0 || !(falsePositiveRate >= 0 && falsePositiveRate < 1))
    throw new RangeError('Calibration needs benign perplexities and a rate of at least 0 and below 1.');
  const exceeding = Math.floor(falsePositiveRate * benign.length);
  return benign.toSorted((a, b) => b - a)[exceeding]!;
}
