/** @file Values of a model by their names, as a checkpoint has them. */

export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}
