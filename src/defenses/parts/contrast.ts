/** @file The difference of two distributions of one model, which ROSE samples from. */
import { logSoftmax } from '../../models/decoding/sampler.ts';

/**
 * z⁺ − α·z⁻ in log-probs, over the tokens whose probability under z⁺ is at least `plausible` of the greatest; −∞
 * elsewhere; shape [V].
 * @param positive logits of the model as it should be (z⁺), borrowed
 * @param negative logits of the model as it should not be (z⁻), borrowed
 */
export function contrastLogits(
  positive: Float32Array,
  negative: Float32Array,
  { alpha, plausible }: { readonly alpha: number; readonly plausible: number },
): Float32Array {
  const [ours, theirs] = [logSoftmax(positive), logSoftmax(negative)];
  let greatest = -Infinity;
  for (const value of ours) greatest = Math.max(greatest, value);
  const least = greatest + Math.log(plausible);
  return ours.map((value, id) => (value >= least ? value - alpha * theirs[id]! : -Infinity));
}
