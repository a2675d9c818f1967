/** @file What FLRT makes likely: every token of the target just enough, the first above all. */

/** Of the first token of the target, relative to the others. */
const firstWeight = 1.5;

/**
 * Weighted mean of the token losses, in nats per token. A token counts as `threshold` says even where it is likelier, so
 * that nothing is gained from making likely tokens likelier.
 * @param logProbs of the target, shape [T]
 * @param threshold probability from which a token is likely enough
 */
export function clampedLoss(logProbs: Float32Array, threshold: number): number {
  const least = -Math.log(threshold);
  let [loss, weights] = [0, 0];
  for (const [t, logProb] of logProbs.entries()) {
    const weight = t === 0 ? firstWeight : 1;
    loss += weight * Math.max(least, -logProb);
    weights += weight;
  }
  return loss / weights;
}
