/** @file The mixture of base and expert that SafeDecoding samples from. */
import { logSoftmax, topIds } from '../../models/decoding/sampler.ts';

/** Lowest unnormalized probability of a token in the sample space. */
const floor = 1e-8;

/**
 * The ids that both distributions rank among their `k` likeliest, for the smallest `k` ≥ `count` that yields `count`.
 * Fewer only if the vocabulary itself is smaller than `count`.
 */
export function sampleSpace(base: Float32Array, expert: Float32Array, count: number): number[] {
  const vocabSize = Math.min(base.length, expert.length);
  for (let reach = Math.min(4 * count, vocabSize); ; reach = Math.min(4 * reach, vocabSize)) {
    const [ours, theirs] = [topIds(base, reach), topIds(expert, reach)];
    const rank = new Map(theirs.map((id, place) => [id, place]));
    // A token is shared from the k at which the later of its two ranks comes in.
    const shared = ours
      .flatMap((id, place) => (rank.has(id) ? [{ id, from: 1 + Math.max(place, rank.get(id)!) }] : []))
      .toSorted((a, b) => a.from - b.from);
    if (shared.length >= count || reach === vocabSize) {
      const k = Math.max(count, shared[Math.min(count, shared.length) - 1]?.from ?? 0);
      return shared.filter(({ from }) => from <= k).map(({ id }) => id);
    }
  }
}

/**
 * log of max(p + α(p′ − p), 1e−8) over the sample space, −∞ elsewhere; shape [V].
 * @param base logits of the base (p), borrowed
 * @param expert logits of the expert (p′), borrowed
 */
export function amplifyExpert(
  base: Float32Array,
  expert: Float32Array,
  { alpha, common }: { readonly alpha: number; readonly common: number },
): Float32Array {
  const p = logSoftmax(base).map(Math.exp);
  const q = logSoftmax(expert).map(Math.exp);
  const merged = new Float32Array(base.length).fill(-Infinity);
  for (const id of sampleSpace(base, expert, common))
    merged[id] = Math.log(Math.max(p[id]! + alpha * (q[id]! - p[id]!), floor));
  return merged;
}
