/** @file Gradients with respect to the tokens of a span, of functions that read the span in another prompt than the attack. */
import type { Abortable, WhiteBoxModel } from '../../models/language-model.ts';

/** Where `tokens` stand in `prompt`, the last place of several; -1 if nowhere. */
export const placeOf = (tokens: readonly number[], prompt: readonly number[]): number =>
  [...prompt.keys()].findLastIndex((start) => tokens.every((id, i) => prompt[start + i] === id));

/**
 * The gradient with respect to one-hot rows, from that with respect to embeddings: its products with the table.
 * @param slopes row-major, shape [S, d]
 * @returns row-major, shape [S, V]
 */
export async function oneHotGradient(
  model: Pick<WhiteBoxModel, 'embeddings' | 'tokenizer' | 'contextWindow'>,
  slopes: Float32Array,
  count: number,
  options: Abortable,
): Promise<Float32Array> {
  const { vocabSize } = model.tokenizer;
  const rowsAtOnce = model.contextWindow;
  const width = slopes.length / count;
  const gradient = new Float32Array(count * vocabSize);
  for (let first = 0; first < vocabSize; first += rowsAtOnce) {
    const ids = Array.from({ length: Math.min(rowsAtOnce, vocabSize - first) }, (_, i) => first + i);
    const table = await model.embeddings(ids, options);
    for (let row = 0; row < count; row++)
      for (const [i, id] of ids.entries()) {
        let sum = 0;
        for (let k = 0; k < width; k++) sum += slopes[row * width + k]! * table[i * width + k]!;
        gradient[row * vocabSize + id] = sum;
      }
  }
  return gradient;
}
