/**
 * @file The proposals of greedy coordinate gradient: rank the token swaps by gradient, then draw some of them.
 * Shapes: S = tokens of the suffix, V = vocabulary size.
 */
import { boolean, choice, integer } from '../../../core/options.ts';
import type { Random } from '../../../core/random.ts';
import { topIds } from '../../../models/decoding/sampler.ts';
import { retokenizedSuffix, type Suffix, type SuffixPrompt } from './suffix-prompt.ts';

/**
 * For every position, the ids whose swap the gradient ranks best.
 * @param gradient row-major, shape [S, V]
 * @param ids the current suffix, shape [S]; the current id of a position is never among its swaps
 * @returns shape [S, ≤ topK], best first
 */
export function rankSwaps(
  gradient: Float32Array,
  ids: readonly number[],
  allowed: readonly number[],
  topK: number,
): number[][] {
  const vocabSize = gradient.length / ids.length;
  return ids.map((current, position) => {
    const gains = new Float32Array(vocabSize).fill(-Infinity);
    for (const id of allowed) if (id < vocabSize) gains[id] = -gradient[position * vocabSize + id]!;
    gains[current] = -Infinity;
    return topIds(gains, topK).filter((id) => gains[id]! > -Infinity);
  });
}

/** `ids` with `replacements` distinct positions swapped, each for a uniform draw from its ranked swaps. */
export function drawSwap(
  ids: readonly number[],
  swaps: readonly (readonly number[])[],
  replacements: number,
  random: Random,
): number[] {
  const swappable = [...ids.keys()].filter((position) => swaps[position]!.length > 0);
  const positions = random.sample(swappable, Math.min(replacements, swappable.length));
  return ids.map((id, position) => (positions.includes(position) ? random.pick(swaps[position]!) : id));
}

/** `ids` with one position swapped, for the `index`-th of `count` candidates to whom positions are dealt in turn. */
export function dealSwap(
  ids: readonly number[],
  swaps: readonly (readonly number[])[],
  [index, count]: readonly [index: number, count: number],
  random: Random,
): number[] {
  const position = Math.floor((index * ids.length) / count);
  const choices = swaps[position]!;
  return choices.length === 0 ? [...ids] : ids.toSpliced(position, 1, random.pick(choices));
}

/** Sum of gradients of shape [rows, V], each row scaled to length 1 first, so that no gradient outweighs the others. */
export function sumOfNormalized(gradients: readonly Float32Array[], rows: number): Float32Array {
  const sum = new Float32Array(gradients[0]?.length ?? 0);
  const width = sum.length / rows;
  for (const gradient of gradients)
    for (let row = 0; row < rows; row++) {
      const values = gradient.subarray(row * width, (row + 1) * width);
      const norm = Math.sqrt(values.reduce((total, value) => total + value * value, 0)) || 1;
      values.forEach((value, i) => (sum[row * width + i]! += value / norm));
    }
  return sum;
}

/** The fall in loss that the gradient predicts for the best swap at each position; shape [S], nats per token. */
export function predictedGains(
  gradient: Float32Array,
  ids: readonly number[],
  swaps: readonly (readonly number[])[],
): number[] {
  const vocabSize = gradient.length / ids.length;
  return ids.map((id, position) => {
    const best = swaps[position]![0];
    const at = (token: number) => gradient[position * vocabSize + token]!;
    return best === undefined ? 0 : Math.max(0, at(id) - at(best));
  });
}

/** Draws per candidate that survives retokenization, before a step settles for fewer candidates. */
const drawsPerCandidate = 4;

export const proposalOptions = {
  suffixLength: integer({
    description: 'Exclamation marks in the initial suffix.',
    default: 20,
    min: 1,
    max: 100,
    unit: 'marks',
  }),
  candidates: integer({
    description: 'Suffixes scored in each step; the paper uses 512.',
    default: 64,
    min: 1,
    max: 2048,
    unit: 'suffixes',
  }),
  topK: integer({
    description: 'Swaps considered at each position, best by gradient; the paper uses 256.',
    default: 64,
    min: 1,
    max: 2048,
    unit: 'swaps',
  }),
  replacements: integer({
    description: 'Positions that one candidate changes, if positions are drawn.',
    default: 1,
    min: 1,
    max: 20,
    unit: 'positions',
  }),
  positions: choice({
    description:
      'How positions to change are chosen: drawn at random, or dealt to the candidates in turn as in the paper.',
    choices: ['drawn', 'dealt'],
    default: 'drawn',
  }),
  prefixCache: boolean({
    description: 'Process the prompt before the suffix once for all candidates of a step.',
    default: true,
  }),
} as const;

/** Distinct suffixes, different from `from`, that retokenize in every prompt to the very ids that will be scored. */
export function proposeSuffixes(
  prompts: readonly SuffixPrompt[],
  from: Suffix,
  swaps: readonly (readonly number[])[],
  options: {
    readonly candidates: number;
    readonly replacements: number;
    readonly positions: 'drawn' | 'dealt';
  },
  random: Random,
): readonly Suffix[] {
  const { candidates, replacements, positions } = options;
  const proposals = new Map<string, Suffix>();
  for (let draw = 0; draw < candidates * drawsPerCandidate; draw++) {
    const ids =
      positions === 'dealt'
        ? dealSwap(from.ids, swaps, [draw % candidates, candidates], random)
        : drawSwap(from.ids, swaps, replacements, random);
    const suffix = retokenizedSuffix(prompts, ids);
    if (suffix !== null && suffix.text !== from.text) proposals.set(suffix.text, suffix);
    if (proposals.size === candidates) break;
  }
  return [...proposals.values()];
}
