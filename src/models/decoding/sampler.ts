/** @file One next-token distribution, of shape [V]: its log-probs and measures, and a token drawn from it. */
import type { Random } from '../../core/random.ts';

/**
 * Temperature 0 is greedy. `topP` keeps the smallest set of tokens whose mass reaches it, `topK` that many of the likeliest
 * before it; absent, it keeps all.
 */
export interface Sampling {
  readonly temperature: number;
  readonly topP: number;
  readonly topK?: number;
}
/** The default wherever a request names no sampling. */
export const greedy: Sampling = { temperature: 0, topP: 1 };

/** log(Σ exp(x)), stable; −∞ for an empty or all −∞ input. */
export function logSumExp(values: Float32Array): number {
  // Counted loops: iterators and callbacks would cost more than the arithmetic of a large vocabulary.
  let max = -Infinity;
  for (let id = 0; id < values.length; id++) if (values[id]! > max) max = values[id]!;
  if (max === -Infinity) return -Infinity;
  let sum = 0;
  for (let id = 0; id < values.length; id++) sum += Math.exp(values[id]! - max);
  return max + Math.log(sum);
}

/** Log-probs of `logits`, as a new array. */
export function logSoftmax(logits: Float32Array): Float32Array {
  const normalizer = logSumExp(logits);
  const logProbs = new Float32Array(logits.length);
  for (let id = 0; id < logits.length; id++) logProbs[id] = logits[id]! - normalizer;
  return logProbs;
}

/** Probabilities of `logits`, as a new array. */
export function softmax(logits: Float32Array): Float32Array {
  const values = logSoftmax(logits);
  for (let id = 0; id < values.length; id++) values[id] = Math.exp(values[id]!);
  return values;
}

/** The lowest id among the largest values, so that ties never depend on the order of evaluation. */
export function argmax(values: Float32Array): number {
  let best = 0;
  let greatest = values[0]!;
  for (let id = 1; id < values.length; id++)
    if (values[id]! > greatest) {
      best = id;
      greatest = values[id]!;
    }
  return best;
}

/** The `count` ids of largest value, largest first; ties by id. */
export function topIds(values: Float32Array, count: number): number[] {
  const top: number[] = [];
  if (count < 1) return top;
  /** Least value of a full list. */
  let least = -Infinity;
  for (let id = 0; id < values.length; id++) {
    const value = values[id]!;
    if (top.length === count && value <= least) continue;
    let place = top.length < count ? top.length : count - 1;
    for (; place > 0 && values[top[place - 1]!]! < value; place--) top[place] = top[place - 1]!;
    top[place] = id;
    if (top.length === count) least = values[top[count - 1]!]!;
  }
  return top;
}

/** What is recorded of a distribution. */
export interface Summary {
  /** Log of the sum of the exponentials: a log-prob is a logit minus this, as a float. */
  readonly normalizer: number;
  /** The likeliest tokens, likeliest first, ties by id. */
  readonly top: readonly { readonly id: number; readonly logProb: number }[];
  /** Nats; see `entropy`. */
  readonly entropy: number;
}

/** As `logSoftmax`, `topIds` and `entropy` give them, in one pass and without an array of all log-probs. */
export function summarize(logits: Float32Array, count: number): Summary {
  const normalizer = logSumExp(logits);
  const top: { id: number; logProb: number }[] = [];
  let least = -Infinity;
  let sum = 0;
  for (let id = 0; id < logits.length; id++) {
    const logProb = Math.fround(logits[id]! - normalizer);
    if (logProb > -Infinity) sum -= Math.exp(logProb) * logProb;
    if (top.length === count && logProb <= least) continue;
    let place = top.length < count ? top.length : count - 1;
    for (; place > 0 && top[place - 1]!.logProb < logProb; place--) top[place] = top[place - 1]!;
    top[place] = { id, logProb };
    if (top.length === count) least = top[count - 1]!.logProb;
  }
  return { normalizer, top, entropy: Math.max(0, sum) };
}

/** −Σ p log p in nats, of log-probs: 0 if one token is certain, log V if all are equally likely. Skips excluded tokens. */
export function entropy(logProbs: Float32Array): number {
  let sum = 0;
  for (let id = 0; id < logProbs.length; id++) {
    const logProb = logProbs[id]!;
    if (logProb > -Infinity) sum -= Math.exp(logProb) * logProb;
  }
  return Math.max(0, sum);
}

/** KL(p‖q) = Σ p (log p − log q) in nats, of log-probs; infinite if q excludes a token that p allows. */
export function divergence(p: Float32Array, q: Float32Array): number {
  let sum = 0;
  for (let id = 0; id < p.length; id++) if (p[id]! > -Infinity) sum += Math.exp(p[id]!) * (p[id]! - q[id]!);
  return Math.max(0, sum);
}

/** Draw a token. Temperature comes first, then the `topK` likeliest, then those of them whose mass reaches `topP`. */
export function sample(logits: Float32Array, { temperature, topP, topK }: Sampling, random: Random): number {
  if (temperature === 0) return argmax(logits);
  // From the greatest down, so that a tiny temperature rules the others out instead of overflowing.
  const greatest = logits[argmax(logits)]!;
  const scaled = new Float32Array(logits.length);
  for (let id = 0; id < logits.length; id++) scaled[id] = (logits[id]! - greatest) / temperature;
  if (topK !== undefined && topK < scaled.length) excludeBelow(scaled, topK);
  const probabilities = softmax(scaled);
  const ids = topP < 1 ? nucleus(probabilities, topP) : null;
  const count = ids?.length ?? probabilities.length;
  let mass = 0;
  for (let place = 0; place < count; place++) mass += probabilities[ids ? ids[place]! : place]!;
  let draw = random.next() * mass;
  for (let place = 0; place < count; place++) {
    const id = ids ? ids[place]! : place;
    draw -= probabilities[id]!;
    if (draw < 0) return id;
  }
  return argmax(probabilities);
}

/** Sets all but the `count` greatest logits to −∞, ties by id. */
function excludeBelow(logits: Float32Array, count: number): void {
  const last = logits.toSorted()[logits.length - count]!;
  let ties = count - logits.reduce((above, logit) => above + Number(logit > last), 0);
  for (let id = 0; id < logits.length; id++)
    if (logits[id]! < last || (logits[id]! === last && ties-- <= 0)) logits[id] = -Infinity;
}

/** Ids of the nucleus, likeliest first, ties by id. */
function nucleus(probabilities: Float32Array, topP: number): number[] {
  // All tokens below this threshold together do not reach 1 − topP, so none of them is needed; few remain.
  const threshold = (1 - topP) / probabilities.length;
  const order: number[] = [];
  for (let id = 0; id < probabilities.length; id++) if (probabilities[id]! >= threshold) order.push(id);
  order.sort((a, b) => probabilities[b]! - probabilities[a]! || a - b);
  let mass = 0;
  const last = order.findIndex((id) => (mass += probabilities[id]!) >= topP);
  return last < 0 ? order : order.slice(0, last + 1);
}
