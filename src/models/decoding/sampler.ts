/** @file From logits to one token. */
import type { Random } from '../../core/random.ts';
import type { Sampling } from '../language-model.ts';

/** log(Σ exp(x)), stable; −∞ for an empty or all −∞ input. */
export function logSumExp(values: Float32Array): number {
  let max = -Infinity;
  for (const value of values) if (value > max) max = value;
  if (max === -Infinity) return -Infinity;
  let sum = 0;
  for (const value of values) sum += Math.exp(value - max);
  return max + Math.log(sum);
}

/** Log-probs of `logits`, as a new array. */
export function logSoftmax(logits: Float32Array): Float32Array {
  const normalizer = logSumExp(logits);
  return logits.map((logit) => logit - normalizer);
}

/** Probabilities of `logits`, as a new array. */
export const softmax = (logits: Float32Array): Float32Array => logSoftmax(logits).map(Math.exp);

/** The lowest id among the largest values, so that ties never depend on the order of evaluation. */
export function argmax(values: Float32Array): number {
  let best = 0;
  for (let id = 1; id < values.length; id++) if (values[id]! > values[best]!) best = id;
  return best;
}

/** The `count` ids of largest value, largest first; ties by id. */
export function topIds(values: Float32Array, count: number): number[] {
  const top: number[] = [];
  for (let id = 0; id < values.length; id++) {
    const value = values[id]!;
    if (top.length === count && value <= values[top[count - 1]!]!) continue;
    let place = top.length;
    while (place > 0 && values[top[place - 1]!]! < value) place--;
    top.splice(place, 0, id);
    if (top.length > count) top.pop();
  }
  return top;
}

/** Draw a token. Temperature comes first, then the nucleus: the likeliest tokens whose mass reaches `topP`. */
export function sample(logits: Float32Array, { temperature, topP }: Sampling, random: Random): number {
  if (temperature === 0) return argmax(logits);
  const probabilities = softmax(logits.map((logit) => logit / temperature));
  const ids = topP < 1 ? nucleus(probabilities, topP) : probabilities.keys();
  const candidates = Array.from(ids);
  let draw = random.next() * candidates.reduce((sum, id) => sum + probabilities[id]!, 0);
  return candidates.find((id) => (draw -= probabilities[id]!) < 0) ?? argmax(probabilities);
}

/** Ids of the nucleus, likeliest first, ties by id. */
function nucleus(probabilities: Float32Array, topP: number): number[] {
  // All tokens below this threshold together do not reach 1 − topP, so none of them is needed; the rest is few.
  const threshold = (1 - topP) / probabilities.length;
  const order: number[] = [];
  for (let id = 0; id < probabilities.length; id++) if (probabilities[id]! >= threshold) order.push(id);
  order.sort((a, b) => probabilities[b]! - probabilities[a]! || a - b);
  let mass = 0;
  const last = order.findIndex((id) => (mass += probabilities[id]!) >= topP);
  return last < 0 ? order : order.slice(0, last + 1);
}
