/**
 * @file The third tier of access to a language model: gradients, hidden states, weights, edits and training.
 * Shapes: S = tokens of a span, L = prompt tokens, V = vocabulary size, d = hidden size. Returned arrays are copies the
 * caller owns.
 */
import type { Abortable } from '../decoding/abort.ts';
import type { Projection } from '../projections.ts';
import type { LanguageModel } from './black-box.ts';
import type { ModelEdit } from './edit.ts';
import type { ScoringModel, ScoringRequest } from './grey-box.ts';
import type { Tensor } from './tensor.ts';
import type { TrainerOptions, Training } from './training.ts';

/** A prompt in which tokens `[start, end)` may be changed. */
export interface SpanRequest extends ScoringRequest {
  readonly start: number;
  readonly end: number;
  /** Of each target token in the loss −Σ weight · log-prob, shape [T]; may be negative. Default: 1 / T, their mean. */
  readonly weights?: readonly number[];
}

/** The gradient of a loss with respect to values of the model at one position of a prompt. */
export interface Cotangent {
  readonly position: number;
  readonly values: Float32Array;
}

export interface Cotangents {
  /** With respect to the logits of the token after a position, shape [V]. */
  readonly logits?: readonly Cotangent[];
  /** With respect to a row of `hiddenStates()[boundary]`, shape [d]. Default: of the last, after the final norm. */
  readonly hidden?: readonly (Cotangent & { readonly boundary?: number })[];
}

/** The gradients of some losses with respect to one matrix. */
export interface MatrixGradients {
  /** Of the matrix, as in the checkpoint. */
  readonly name: string;
  /** One per loss, with the shape that the matrix has there, [out, in]. */
  readonly values: readonly Tensor[];
}

export interface MatrixOptions extends Abortable {
  /** Names of the matrices whose gradients are wanted. Default: all. */
  readonly only?: ReadonlySet<string>;
}

/** White-box: also differentiates, reads hidden states, and can be edited and trained. */
export interface WhiteBoxModel extends ScoringModel {
  /**
   * Gradient of the target loss (mean −log-prob, nats per token, unless weighted) with respect to the one-hot rows of a
   * span.
   * @returns row-major, shape [S, V]; negative where a swap is predicted to lower the loss.
   * @see https://arxiv.org/abs/2307.15043 (GCG), where this ranks the candidate swaps
   */
  tokenGradient(request: SpanRequest, options?: Abortable): Promise<Float32Array>;
  /** The same gradient with respect to the embeddings of a span. @returns row-major, shape [S, d]. */
  embeddingGradient(request: SpanRequest, options?: Abortable): Promise<Float32Array>;
  /**
   * Gradient, with respect to the embedding of each prompt token, of any function of logits and hidden states: the
   * vector–Jacobian product of its gradients with respect to those.
   * @returns row-major, shape [L, d]
   */
  inputGradient(
    prompt: readonly number[],
    cotangents: Cotangents,
    options?: Abortable,
  ): Promise<Float32Array>;
  /**
   * Gradient of the target loss of each request with respect to every matrix of the attention and feed-forward layers;
   * biases, norms, embedding and head are left out. Never more than those of one layer are held.
   * @param use gets all requests' gradients of one matrix at a time, and the next ones wait for it; the last layer's come
   *   first
   * @throws LabError 'out-of-memory' before it starts, if that does not fit
   */
  weightGradients(
    requests: readonly ScoringRequest[],
    use: (gradients: MatrixGradients) => void | Promise<void>,
    options?: MatrixOptions,
  ): Promise<void>;
  /** Rows of the embedding table, as soft tokens hold them. @returns row-major, one row of d values per id */
  embeddings(ids: readonly number[], options?: Abortable): Promise<Float32Array>;
  /**
   * @returns one array per layer boundary (embedding first), each row-major of shape [L, d]; some families multiply the
   *   rows of the embedding table by a factor where they enter
   */
  hiddenStates(prompt: readonly number[], options?: Abortable): Promise<Float32Array[]>;
  /**
   * What final norm and head make of the stream between layers (the logit lens): log-probs of the token after each of some
   * positions. Absent where there are no layers.
   * @returns by layer boundary (embedding first, the model's own prediction last), then by position, shape [V]
   * @see https://arxiv.org/abs/2303.08112
   */
  layerLogProbs?(
    prompt: readonly number[],
    positions: readonly number[],
    options?: Abortable,
  ): Promise<readonly (readonly Float32Array[])[]>;
  /**
   * What each of some positions takes from itself and those before it, by attention. Absent where there is none.
   * @returns by layer, then by position, row-major of shape [heads, L]; the shares of a head add up to 1
   */
  attention?(
    prompt: readonly number[],
    positions: readonly number[],
    options?: Abortable,
  ): Promise<readonly (readonly Float32Array[])[]>;
  /** Weights by their Hugging Face names; shapes as in the checkpoint. Copies. */
  parameters(): Promise<ReadonlyMap<string, Tensor>>;
  /**
   * The same model with `edit` in place, for reading and scoring many times; it shares the weights and can be used
   * beside this one. Soft tokens have the ids V, V + 1 …, and its tokenizer puts them into every prompt. Residual
   * edits add to those that the model has; soft tokens replace those it has.
   * @throws LabError 'not-supported' if the edit does not fit the model's shape, or the model cannot be edited
   */
  edited(edit: ModelEdit): EditedModel;
  /**
   * A copy that can be trained. The models it returns share device memory with this one: dispose of them first.
   * @throws LabError 'not-supported' if there is nothing to train (a scripted model)
   */
  learner(options: LearnerOptions): Promise<Learner>;
}

export interface LearnerOptions extends TrainerOptions {
  /**
   * Train low-rank adapters beside the weights, which takes a small part of the memory: what they give is multiplied by
   * alpha / rank. Default: all weights are trained.
   * @see https://arxiv.org/abs/2106.09685 (LoRA)
   */
  readonly adapters?: {
    readonly rank: number;
    readonly alpha: number;
    /** Linear layers that get one. Default: all. */
    readonly projections?: readonly Projection[];
    /** Of the first values. Default: `'adapters'`. */
    readonly seed?: string;
    /** Trained before, as `Learner.adapters` gives them. Default: new ones, which change nothing yet. */
    readonly from?: ReadonlyMap<string, Tensor>;
  };
}

/** A row of tokens to train on: those from `from` on, each predicted from the tokens before it. */
export interface TrainingRow {
  readonly ids: readonly number[];
  /** At least 1, and less than the number of ids. */
  readonly from: number;
}

/** A trainable copy of a model's weights (AdamW); the model itself does not change. */
export interface Learner extends Training {
  /** One update that makes rows likelier. @returns the mean cross-entropy of the rows before it, nats per token */
  learn(rows: readonly TrainingRow[]): Promise<number>;
  /** The model with the current weights, which later updates do not change. The caller disposes of it. */
  model(): Promise<EditedModel>;
  /** Copies of what is trained so far, by name: adapters, or all weights where those are trained. */
  adapters(): Promise<ReadonlyMap<string, Tensor>>;
  /** Free the memory that training takes. Models it returned stay usable. */
  dispose(): void;
}

export interface EditedModel extends WhiteBoxModel {
  /** Free what the edit holds on the device. The model it was made from stays usable. */
  dispose(): void;
}

export const isWhiteBox = (model: LanguageModel): model is WhiteBoxModel => model.access === 'white-box';
