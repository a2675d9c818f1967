/** @file The contract of a text classifier, such as a guard that rates how harmful a prompt or an answer is. */
import type { Abortable } from './language-model.ts';

export interface TextClassifier {
  readonly id: string;
  /** Names of the classes, in the order of the probabilities. */
  readonly labels: readonly string[];
  /** Most tokens of a text that are read; the rest is dropped. */
  readonly contextWindow: number;
  /**
   * Texts are joined into batches that do not change the result.
   * @returns one array per text, of shape [labels], each summing to 1
   */
  classify(texts: readonly string[], options?: Abortable): Promise<Float32Array[]>;
}
