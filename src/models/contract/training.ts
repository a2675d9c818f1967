/**
 * @file What training a language model is, whatever computes it: batches, their loss and its further terms, updates by AdamW,
 * and a state from which it goes on.
 */
import type { Tensor } from './tensor.ts';

type Tensors = ReadonlyMap<string, Tensor>;

export interface TrainerOptions {
  /** Peak learning rate. */
  readonly learningRate: number;
  /** Linear warm-up, then a cosine from the peak to `floor` times the peak. Default: constant. */
  readonly schedule?: {
    readonly warmupSteps: number;
    readonly totalSteps: number;
    /** Fraction of the peak at and after `totalSteps`. Default 0. */
    readonly floor?: number;
  };
  /** Decoupled; applies to matrices, not to norms and biases. Default 0. */
  readonly weightDecay?: number;
  /** Default 0.9. */
  readonly beta1?: number;
  /** Default 0.95. */
  readonly beta2?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
  /** Largest global gradient norm; larger gradients are scaled down to it. Default 1; Infinity turns it off. */
  readonly clipNorm?: number;
}

/** Rows of natural token sequences, padded on the right with any id. */
export interface TrainingBatch {
  /** Row-major, shape [B, T]. */
  readonly ids: Int32Array;
  /**
   * Shape [B, T]: how much predicting token (b, t) from the tokens before it counts. Prompt and padding: 0.
   * The first token of a row has nothing before it, so its weight is ignored. Weights may be negative.
   */
  readonly lossWeights: Float32Array;
  readonly shape: readonly [rows: number, length: number];
  /**
   * The loss is Σ weight·CE / normalizer. Default: the sum of the weights, which makes it a weighted mean.
   * With 1, any loss that is a function of row log-probs can be minimized: take `logProbs`, differentiate by hand, and
   * pass minus the derivatives as weights.
   */
  readonly normalizer?: number;
  /**
   * Gradients of further terms of the loss with respect to hidden states, as `hiddenStates` gives them. With these, no token
   * needs a weight.
   */
  readonly hidden?: readonly HiddenGradient[];
  /** Added to the stream while the batch is read: [B, T, d] at each layer boundary. */
  readonly shifts?: Shifts;
}

/** The gradient of a term of the loss with respect to the stream at one position and layer boundary. */
export interface HiddenGradient {
  readonly row: number;
  readonly position: number;
  /** From 0, the embedding, to the number of layers, the stream before the final norm. */
  readonly boundary: number;
  /** Shape [d]. */
  readonly values: Float32Array;
}

/** What is added to the stream, by layer boundary: [N, d] each, N = all positions of the batch. */
export type Shifts = ReadonlyMap<number, Float32Array>;

export interface TrainingStep {
  /** Nats, before the update. */
  readonly loss: number;
  /** Global norm before clipping. */
  readonly gradNorm: number;
  readonly learningRate: number;
}

/** Everything needed to continue training later, bit for bit on the same device. */
export interface TrainerState {
  /** Updates made so far. */
  readonly step: number;
  readonly weights: Tensors;
  readonly firstMoments: Tensors;
  readonly secondMoments: Tensors;
}

/** Updates of a model's weights, or of adapters beside them, and reads of the model as it stands. */
export interface Training {
  /**
   * One update, from the sum of the losses of some batches, which are read one after the other: what does not fit side by
   * side makes one step all the same, if each batch is given the normalizer of the whole.
   * @throws RangeError if a batch's arrays do not fit its shape, or nothing of it has a weight
   */
  step(...batches: readonly TrainingBatch[]): Promise<TrainingStep>;
  /** Loss of a batch under the current weights; nothing is updated. */
  evaluate(batch: TrainingBatch): Promise<number>;
  /** @returns shape [B, T]: log p(token t | tokens before it), nats; 0 for the first token of each row. */
  logProbs(batch: Pick<TrainingBatch, 'ids' | 'shape'>): Promise<Float32Array>;
  /**
   * The residual stream at some boundaries, 0 (the embedding) to the number of layers (before the final norm).
   * @returns by boundary, shape [B, T, d]
   */
  hiddenStates(
    batch: Pick<TrainingBatch, 'ids' | 'shape' | 'shifts'>,
    boundaries: readonly number[],
  ): Promise<ReadonlyMap<number, Float32Array>>;
  /** Gradients of the loss with respect to the shifts of a batch, [B, T, d] at each of their boundaries. */
  shiftGradients(batch: TrainingBatch): Promise<ReadonlyMap<number, Float32Array>>;
  state(): Promise<TrainerState>;
  /** @throws LabError 'bad-model' if the state belongs to another configuration. */
  restore(state: TrainerState): void;
}
