/**
 * @file Changes to what happens inside a model: vectors in place of tokens, and edits of the residual stream.
 * Limits: an edit acts on every position alike.
 */
import { jit, numpy as np } from '@jax-js/jax';
import type { LlamaConfig } from '../../llama.ts';
import { float32 } from './context.ts';

/** Change the residual stream x at a layer boundary: x − (x·a)a + b. */
export interface ResidualEdit {
  /** 0 is the embedding, n is after layer n. */
  readonly boundary: number;
  /** a: a direction to remove (directional ablation); it is normalised first. Shape [d]. */
  readonly ablate?: Float32Array;
  /** b: a vector to add (activation steering). Shape [d]. */
  readonly add?: Float32Array;
}

export interface ResidualEditor {
  /** Consumes and returns the stream at `boundary`, [B, T, d]. */
  apply(boundary: number, x: np.Array): np.Array;
  /** The gradient of the stream before the edits, from the gradient after them. */
  pullBack(boundary: number, dX: np.Array): np.Array;
  dispose(): void;
}

export const noEdits: ResidualEditor = {
  apply: (_, x) => x,
  pullBack: (_, dX) => dX,
  dispose: () => undefined,
};

/** @throws RangeError if an edit names no boundary of the model or a vector is not of its width */
export function createEditor(config: LlamaConfig, edits: readonly ResidualEdit[]): ResidualEditor {
  if (edits.length === 0) return noEdits;
  const { hiddenSize, layers } = config;
  const placed = edits.map(({ boundary, ablate, add }) => {
    if (!Number.isInteger(boundary) || boundary < 0 || boundary > layers)
      throw new RangeError(`There is no layer boundary ${boundary}; they go from 0 to ${layers}.`);
    for (const vector of [ablate, add])
      if (vector && vector.length !== hiddenSize)
        throw new RangeError(`An edit needs vectors of ${hiddenSize} values, not ${vector.length}.`);
    const norm = Math.hypot(...(ablate ?? [])) || 1;
    return {
      boundary,
      direction: float32(ablate ? ablate.map((value) => value / norm) : new Float32Array(hiddenSize)),
      offset: float32(add?.slice() ?? new Float32Array(hiddenSize)),
    };
  });
  const remove = (x: np.Array, direction: np.Array) =>
    x.ref.sub(np.sum(x.mul(direction.ref), -1, { keepdims: true }).mul(direction));
  const edit = jit((x: np.Array, direction: np.Array, offset: np.Array) => remove(x, direction).add(offset));
  const pull = jit(remove);
  return {
    apply: (boundary, x) =>
      placed.reduce((y, at) => (at.boundary === boundary ? edit(y, at.direction.ref, at.offset.ref) : y), x),
    pullBack: (boundary, dX) =>
      placed.reduceRight((y, at) => (at.boundary === boundary ? pull(y, at.direction.ref) : y), dX),
    dispose() {
      for (const { direction, offset } of placed) {
        direction.dispose();
        offset.dispose();
      }
      edit.dispose();
      pull.dispose();
    },
  };
}
