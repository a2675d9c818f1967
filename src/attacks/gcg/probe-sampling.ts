/** @file Probe sampling: a small draft model tells which candidates are worth a look by the model that counts. */
import { mean } from '../../core/statistics.ts';
import type { Random } from '../../core/random.ts';

/** Ranks from 1, ties sharing the mean of theirs. */
function ranks(values: readonly number[]): number[] {
  const sorted = values.toSorted((a, b) => a - b);
  return values.map((value) => (sorted.indexOf(value) + sorted.lastIndexOf(value)) / 2 + 1);
}

/** Spearman's rank correlation, from −1 to 1; 0 when one of the lists does not vary. */
export function rankCorrelation(a: readonly number[], b: readonly number[]): number {
  const [x, y] = [ranks(a), ranks(b)];
  const [meanX, meanY] = [mean(x), mean(y)];
  const product = (p: readonly number[], meanP: number, q: readonly number[], meanQ: number) =>
    p.reduce((sum, value, i) => sum + (value - meanP) * (q[i]! - meanQ), 0);
  const scale = Math.sqrt(product(x, meanX, x, meanX) * product(y, meanY, y, meanY));
  return scale > 0 ? product(x, meanX, y, meanY) / scale : 0;
}

/** B divided by this is how many candidates probe the agreement. */
const probeDivisor = 16;
/** R: the more the models agree, the fewer than B / R candidates the target model sees. */
const reduction = 8;

export interface Probed<S> {
  /** The candidates that the target model scored, each once. */
  readonly scored: readonly S[];
  /** α, from 0 (the models rank the probes the other way round) to 1 (alike). */
  readonly agreement: number;
}

/**
 * Score all candidates by the draft model and a random sixteenth of them by the target model; by how far the two
 * agree, score more or fewer of the draft's best by the target model as well.
 * @param draft losses in the order of the candidates
 * @param target as `draft`, with what the caller wants to know of each
 * @see https://arxiv.org/abs/2403.01251
 */
export async function probeSample<C, S extends { readonly loss: number }>(
  candidates: readonly C[],
  draft: (candidates: readonly C[]) => Promise<readonly number[]>,
  target: (candidates: readonly C[]) => Promise<readonly S[]>,
  random: Random,
): Promise<Probed<S>> {
  const count = candidates.length;
  const cheap = await draft(candidates);
  const probes = random.sample(
    [...candidates.keys()],
    Math.min(count, Math.max(2, Math.floor(count / probeDivisor))),
  );
  const probed = await target(probes.map((index) => candidates[index]!));
  const agreement =
    (1 +
      rankCorrelation(
        probes.map((index) => cheap[index]!),
        probed.map(({ loss }) => loss),
      )) /
    2;
  const kept = Math.max(1, Math.floor(((1 - agreement) * count) / reduction));
  const best = [...candidates.keys()].toSorted((a, b) => cheap[a]! - cheap[b]!).slice(0, kept);
  const more = best.filter((index) => !probes.includes(index));
  const scored = [...probed, ...(more.length > 0 ? await target(more.map((i) => candidates[i]!)) : [])];
  return { scored, agreement };
}
