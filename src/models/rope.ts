/**
 * @file Rotary position embedding: its frequencies, and its parameters in a Hugging Face `config.json`.
 * @see https://arxiv.org/abs/2104.09864 (RoPE), https://arxiv.org/abs/2306.15595 (linear scaling)
 */
import { z } from 'zod';
import { excerpt } from '../core/excerpt.ts';

/** How the frequencies of a model with a long context differ from the plain ones. */
export type RopeScaling =
  /** All are divided by `factor`. */
  | { readonly kind: 'linear'; readonly factor: number }
  /**
   * Llama 3.1: wavelengths longer than `originalPositions / lowFrequencyFactor` are stretched by `factor`, those shorter
   * than `originalPositions / highFrequencyFactor` are kept, and those between are interpolated.
   */
  | {
      readonly kind: 'llama3';
      readonly factor: number;
      readonly lowFrequencyFactor: number;
      readonly highFrequencyFactor: number;
      readonly originalPositions: number;
    }
  /** Each is divided by its own factor, shape [D/2], D being the head size. GGUF files store these as `rope_freqs`. */
  | { readonly kind: 'factors'; readonly factors: readonly number[] };

export interface Rope {
  /** Base of the frequencies: frequency i of a head of D dimensions is θ^(−2i/D), before scaling. */
  readonly theta: number;
  readonly scaling: RopeScaling | null;
}

/** Radians per position of each rotated pair, shape [D/2]. */
export function ropeFrequencies({ theta, scaling }: Rope, headDim: number): Float64Array {
  const half = headDim / 2;
  return Float64Array.from({ length: half }, (_, i) => {
    const frequency = theta ** (-i / half);
    switch (scaling?.kind) {
      case undefined:
        return frequency;
      case 'linear':
        return frequency / scaling.factor;
      case 'factors':
        return frequency / scaling.factors[i]!;
      case 'llama3': {
        const { factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalPositions } = scaling;
        const turns = (originalPositions * frequency) / (2 * Math.PI); // over the original context
        const kept = Math.min(1, Math.max(0, (turns - low) / (high - low)));
        return frequency * (kept + (1 - kept) / factor);
      }
      default:
        return scaling satisfies never;
    }
  });
}

const positive = z.number().positive();
const factorList = z.array(positive).max(5000);

/** `rope_scaling`, or `rope_parameters` of transformers 5, which may nest one per kind of layer. */
const parameters = z.looseObject({
  type: z.string().optional(),
  rope_type: z.string().optional(),
  rope_theta: positive.optional(),
  factor: positive.nullish(),
  low_freq_factor: positive.nullish(),
  high_freq_factor: positive.nullish(),
  original_max_position_embeddings: positive.nullish(),
  short_factor: factorList.nullish(),
  long_factor: factorList.nullish(),
  attention_factor: positive.nullish(),
  partial_rotary_factor: positive.nullish(),
});

export const ropeSchema = parameters
  .extend({ full_attention: parameters.nullish(), sliding_attention: parameters.nullish() })
  .nullish();

export type HubRope = z.infer<typeof parameters>;

/** What a reader of `config.json` does with parameters that it cannot use. */
export interface RopeFaults {
  /** @param what completes "this model is not supported: …" */
  unsupported(what: string): never;
  /** @param reason completes "config.json contradicts itself: …" */
  contradictory(reason: string): never;
}

/** Scaling by its name in `config.json`; `null` for none. Calls one of `faults` if it cannot be used. */
export function readRopeScaling(
  hub: HubRope | null | undefined,
  headDim: number,
  { unsupported, contradictory }: RopeFaults,
): RopeScaling | null {
  const kind = hub?.rope_type ?? hub?.type ?? 'default';
  if ((hub?.partial_rotary_factor ?? 1) !== 1) unsupported('it rotates a part of each head only');
  const needed = (
    name: 'factor' | 'low_freq_factor' | 'high_freq_factor' | 'original_max_position_embeddings',
  ) => hub?.[name] ?? contradictory(`rotary scaling "${kind}" has no ${name}`);
  switch (kind) {
    case 'default':
      return null;
    case 'linear':
      return { kind, factor: needed('factor') };
    case 'llama3': {
      const lowFrequencyFactor = needed('low_freq_factor');
      const highFrequencyFactor = needed('high_freq_factor');
      if (highFrequencyFactor <= lowFrequencyFactor)
        contradictory(`high_freq_factor ${highFrequencyFactor} is not above low_freq_factor`);
      const originalPositions = needed('original_max_position_embeddings');
      return { kind, factor: needed('factor'), lowFrequencyFactor, highFrequencyFactor, originalPositions };
    }
    case 'longrope': {
      const { short_factor: factors, long_factor: long, attention_factor: attention } = hub!;
      if (!factors || !long) return contradictory(`rotary scaling "${kind}" has no lists of factors`);
      const constant = attention === 1 && factors.every((factor, i) => factor === long[i]);
      if (!constant || factors.length !== long.length)
        unsupported('its rotary frequencies depend on the length of the text ("longrope")');
      if (factors.length !== headDim / 2)
        contradictory(`${factors.length} rotary factors do not fit a head of ${headDim} dimensions`);
      return { kind: 'factors', factors };
    }
    default:
      return unsupported(`it scales its rotary embedding ("${excerpt(kind)}")`);
  }
}

/**
 * As `config.json` has it, `null` for none. Factors become a "longrope" that does not depend on the length of the text,
 * which Hugging Face libraries read too.
 * @param positions the model's longest context
 */
export function writeRopeScaling(
  scaling: RopeScaling | null,
  positions: number,
): Record<string, unknown> | null {
  switch (scaling?.kind) {
    case undefined:
      return null;
    case 'linear':
      return { rope_type: 'linear', factor: scaling.factor };
    case 'llama3':
      return {
        rope_type: 'llama3',
        factor: scaling.factor,
        low_freq_factor: scaling.lowFrequencyFactor,
        high_freq_factor: scaling.highFrequencyFactor,
        original_max_position_embeddings: scaling.originalPositions,
      };
    case 'factors':
      return {
        rope_type: 'longrope',
        factor: 1,
        attention_factor: 1,
        short_factor: scaling.factors,
        long_factor: scaling.factors,
        original_max_position_embeddings: positions,
      };
    default:
      return scaling satisfies never;
  }
}
