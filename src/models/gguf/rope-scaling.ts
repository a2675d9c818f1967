/** @file How a GGUF file stretches RoPE to longer contexts, in the form of `rope_scaling` in Hugging Face's configs. */
import { excerpt } from '../../core/excerpt.ts';
import type { Metadata } from './metadata.ts';
import type { Reject } from './reject.ts';

export type RopeScaling = Readonly<Record<string, number | string>>;

export interface Rope {
  readonly headDim: number;
  readonly ropeTheta: number;
  readonly contextLength: number;
  /** By how much each frequency is divided, highest frequency first; `null` if the file has no such tensor. */
  readonly factors: Float32Array | null;
}

/** @returns `null` if RoPE is not scaled */
export function ropeScalingOf(
  metadata: Metadata,
  prefix: string,
  rope: Rope,
  reject: Reject,
): RopeScaling | null {
  if (rope.factors !== null) return llama3Scaling(rope, reject);
  const number = (key: string) => metadata.number(`${prefix}.rope.scaling.${key}`);
  const factor = number('factor') ?? metadata.number(`${prefix}.rope.scale_linear`) ?? 1;
  const type = metadata.text(`${prefix}.rope.scaling.type`) ?? (factor === 1 ? 'none' : 'linear');
  if (factor < 1) return reject(`its RoPE scaling factor of ${factor} is below 1`);
  switch (type) {
    case 'none':
      return null;
    case 'linear':
      return factor === 1 ? null : { rope_type: 'linear', factor };
    case 'yarn':
      return {
        rope_type: 'yarn',
        factor,
        original_max_position_embeddings: number('original_context_length') ?? rope.contextLength / factor,
      };
    default:
      return reject(`its RoPE scaling "${excerpt(type, 60)}" cannot be computed here`, 'Pick another model.');
  }
}

/** Those of Llama 3.1 to 3.3. Only the two quotients of the third and each of the others have an effect. */
const usual = { low: 1, high: 4, context: 8192 } as const;

/** Relative difference up to which factors count as equal: they were computed in float32. */
const tolerance = 1e-4;

/**
 * The parameters of Llama 3's scaling that give these factors. Frequencies of long waves are divided by `factor`, those
 * of short waves kept; between, the share that is kept grows linearly with the number of waves in the context.
 * @see https://arxiv.org/abs/2407.21783 (The Llama 3 herd of models)
 */
function llama3Scaling({ headDim, ropeTheta, factors }: Rope, reject: Reject): RopeScaling | null {
  const pairs = headDim / 2;
  if (factors!.length !== pairs)
    return reject(`"rope_freqs.weight" has ${factors!.length} values, but heads have ${pairs} frequencies`);
  if (!factors!.every((factor) => factor >= 1 && Number.isFinite(factor)))
    return reject('"rope_freqs.weight" holds a factor below 1 or one that is no number');
  const factor = Math.max(...factors!);
  if (factor === 1) return null;
  const waves = Array.from(factors!, (_, i) => usual.context / (2 * Math.PI * ropeTheta ** (i / pairs)));
  const fits = ({ low, high }: { low: number; high: number }) =>
    waves.every((count, i) => {
      const kept = Math.min(1, Math.max(0, (count - low) / (high - low)));
      return Math.abs((1 - kept) / factor + kept - 1 / factors![i]!) * factors![i]! < tolerance;
    });
  const found = fits(usual) ? usual : solve(waves, factors!, factor);
  if (found === null || !fits(found))
    return reject(
      'its RoPE factors ("rope_freqs.weight") follow no rule that is known here',
      'Pick another model.',
    );
  return {
    rope_type: 'llama3',
    factor,
    low_freq_factor: found.low,
    high_freq_factor: found.high,
    original_max_position_embeddings: usual.context,
  };
}

/** The line through the first and the last frequency between the two ends; `null` if there are not two. */
function solve(
  waves: readonly number[],
  factors: Float32Array,
  factor: number,
): { readonly low: number; readonly high: number } | null {
  const between = [...factors.keys()].filter((i) => factors[i]! > 1 && factors[i]! < factor);
  const [first, last] = [between[0], between.at(-1)];
  if (first === undefined || last === undefined || first === last) return null;
  const kept = (i: number) => (1 / factors[i]! - 1 / factor) / (1 - 1 / factor);
  const slope = (kept(first) - kept(last)) / (waves[first]! - waves[last]!);
  const low = waves[first]! - kept(first) / slope;
  return { low, high: low + 1 / slope };
}
