/** @file Parts of the contrast for what is learned from it in steps, so that no step is judged by what it learned from. */
import type { ContrastPrompts } from '../../core/contrast.ts';
import type { Random } from '../../core/random.ts';

/** A harmful request and its harmless counterpart. */
export interface RequestPair {
  readonly harmful: string;
  readonly harmless: string;
}

export interface ContrastParts {
  /** To learn from; at least one pair. */
  readonly training: readonly RequestPair[];
  /** To choose among what was learned; may be empty. */
  readonly validation: readonly RequestPair[];
  /** For nothing but measuring; empty for a single pair. */
  readonly heldOut: readonly RequestPair[];
}

/** The pairs in random order: a quarter held out, a quarter of the others for validation, the rest for training. */
export function splitContrast({ harmful, harmless }: ContrastPrompts, random: Random): ContrastParts {
  const pairs = random.shuffle(harmful.map((request, i) => ({ harmful: request, harmless: harmless[i]! })));
  const heldOut = pairs.length < 2 ? 0 : Math.max(1, Math.floor(pairs.length / 4));
  const validation = Math.floor((pairs.length - heldOut) / 4);
  return {
    heldOut: pairs.slice(0, heldOut),
    validation: pairs.slice(heldOut, heldOut + validation),
    training: pairs.slice(heldOut + validation),
  };
}
