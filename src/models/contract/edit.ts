/**
 * @file A change to what happens inside a model while it reads and writes: plain data, so that a record can hold it.
 * Only white-box models can be edited. d = hidden size.
 */

export interface ModelEdit {
  /** Vectors that act as tokens. */
  readonly softTokens?: {
    /** One embedding each, as a row of the embedding table, shape [count][d]. */
    readonly vectors: readonly (readonly number[])[];
    /**
     * After the start of the prompt (BOS), after the text of the system turn or of the last user turn, or in place of the
     * text of the last user turn.
     */
    readonly at: 'start' | 'system-end' | 'user-end' | 'user-text';
  };
  /** Edits of the residual stream, the same at every position, applied in order. */
  readonly residual?: readonly ResidualEdit[];
}

/** The residual stream x becomes x − (x·a)a + b. */
export interface ResidualEdit {
  /** Layer boundaries: 0 is the embedding, n is after layer n. Default: all. */
  readonly boundaries?: readonly number[];
  /** a: a direction to project out (directional ablation); it is normalized first. Shape [d]. */
  readonly ablate?: readonly number[];
  /** b: a vector to add (activation steering). Shape [d]. */
  readonly add?: readonly number[];
}
