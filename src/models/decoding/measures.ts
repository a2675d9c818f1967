/** @file What one next-token distribution says, and how far it is from another. Inputs are log-probs of shape [V]. */

/** −Σ p log p in nats: 0 when one token is certain, log V when all are equally likely. Excluded tokens count for nothing. */
export function entropy(logProbs: Float32Array): number {
  let sum = 0;
  for (const logProb of logProbs) if (logProb > -Infinity) sum -= Math.exp(logProb) * logProb;
  return Math.max(0, sum);
}

/** KL(p‖q) = Σ p (log p − log q) in nats; infinite where q excludes what p allows. */
export function divergence(p: Float32Array, q: Float32Array): number {
  let sum = 0;
  for (let id = 0; id < p.length; id++) if (p[id]! > -Infinity) sum += Math.exp(p[id]!) * (p[id]! - q[id]!);
  return Math.max(0, sum);
}
