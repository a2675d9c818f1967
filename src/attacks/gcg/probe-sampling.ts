/** @file Probe sampling: a small draft model preselects the candidates that the target model scores. */
import type { Random } from '../../core/random.ts';
import { mean } from '../../core/statistics.ts';

/** Ranks from 1; ties get their mean rank. */
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

/** B candidates / this = candidates that measure the agreement of the models. */
const probeDivisor = 16;
/** R: the target model scores at most B / R further candidates, fewer the more the models agree. */
const reduction = 8;

export interface ProbeResult<S> {
  /** The candidates that the target model scored, each once. */
  readonly scored: readonly S[];
  /** α, from 0 (the models rank the probes in opposite order) to 1 (in the same order). */
  readonly agreement: number;
}

/**
 * Score all candidates with the draft model and a random sixteenth of them with the target model; the less the two
 * agree, the more of the draft's best candidates the target model scores as well.
 * @param draft gives losses in the order of the candidates
 * @param target as `draft`, with further fields that the caller needs of each candidate
 * @see https://arxiv.org/abs/2403.01251
 */
export async function probeSample<C, S extends { readonly loss: number }>(
  candidates: readonly C[],
  draft: (candidates: readonly C[]) => Promise<readonly number[]>,
  target: (candidates: readonly C[]) => Promise<readonly S[]>,
  random: Random,
): Promise<ProbeResult<S>> {
  const count = candidates.length;
  const draftLosses = await draft(candidates);
  const probes = random.sample(
    [...candidates.keys()],
    Math.min(count, Math.max(2, Math.floor(count / probeDivisor))),
  );
  const probeScores = await target(probes.map((index) => candidates[index]!));
  const agreement =
    (1 +
      rankCorrelation(
        probes.map((index) => draftLosses[index]!),
        probeScores.map(({ loss }) => loss),
      )) /
    2;
  const further = Math.max(1, Math.floor(((1 - agreement) * count) / reduction));
  const best = [...candidates.keys()].toSorted((a, b) => draftLosses[a]! - draftLosses[b]!).slice(0, further);
  const unscored = best.filter((index) => !probes.includes(index));
  const scored = [
    ...probeScores,
    ...(unscored.length > 0 ? await target(unscored.map((i) => candidates[i]!)) : []),
  ];
  return { scored, agreement };
}
