import * as ort from 'onnxruntime-web';
import { beforeAll, describe, expect, test } from 'vitest';
import { createRandom } from '../../../src/core/random.ts';
import { writeLlamaClassifierOnnx } from '../../../src/models/onnx/llama-classifier.ts';
import { readSafetensors, writeSafetensors } from '../../../src/models/safetensors.ts';
import { tinyConfig, tinyWeights } from '../tiny-model.ts';
import { referenceForward } from '../whitebox/reference-forward.ts';

const config = { ...tinyConfig, labels: ['safe', 'odd', 'unsafe'] };
const weights = tinyWeights(config);
const random = createRandom('classifier');
const texts = [9, 31, 1, 50, 12].map((length) =>
  Array.from({ length }, () => random.integer(config.vocabSize)),
);

const start = (bytes: Uint8Array) => {
  ort.env.wasm.numThreads = 1;
  return ort.InferenceSession.create(bytes, { executionProviders: ['wasm'] });
};

async function classify(session: ort.InferenceSession, rows: readonly (readonly number[])[], width: number) {
  const int64 = (valueOf: (row: readonly number[], column: number) => number) =>
    new ort.Tensor(
      'int64',
      BigInt64Array.from(
        rows.flatMap((row) => Array.from({ length: width }, (_, column) => BigInt(valueOf(row, column)))),
      ),
      [rows.length, width],
    );
  const { logits } = await session.run({
    input_ids: int64((row, column) => row[column] ?? 7),
    attention_mask: int64((row, column) => (column < row.length ? 1 : 0)),
  });
  const data = logits!.data as Float32Array;
  return rows.map((_, row) => Array.from(data.subarray(row * 3, row * 3 + 3)));
}

describe('a written classifier', () => {
  let session: ort.InferenceSession;
  beforeAll(async () => {
    session = await start(writeLlamaClassifierOnnx(config, weights));
  });

  test('computes what a float64 forward pass computes', async () => {
    const rows = await classify(session, texts, 50);
    rows.forEach((row, i) => {
      const { logits } = referenceForward(config, weights, texts[i]!);
      const scale = Math.max(1, ...logits.at(-1)!.map(Math.abs));
      row.forEach((value, label) =>
        expect(Math.abs(value - logits.at(-1)![label]!)).toBeLessThan(1e-5 * scale),
      );
    });
  });

  test('gives the same logits to the last bit for a row alone and in a padded batch', async () => {
    const together = await classify(session, texts, 57);
    for (const [row, text] of texts.entries())
      expect(together[row]).toEqual((await classify(session, [text], text.length))[0]);
  });

  test('computes with rounded weights when they are stored in half precision', async () => {
    const bytes = writeLlamaClassifierOnnx(config, weights, { weights: 'float16' });
    const { tensors: rounded } = readSafetensors(writeSafetensors(weights, { dtype: 'F16' }));
    const [row] = await classify(await start(bytes), [texts[0]!], 9);
    const { logits } = referenceForward(config, rounded, texts[0]!);
    row!.forEach((value, label) => expect(Math.abs(value - logits.at(-1)![label]!)).toBeLessThan(1e-3));
  });

  test('cannot be written without labels or without its score head', () => {
    expect(() => writeLlamaClassifierOnnx(tinyConfig, weights)).toThrow(/needs labels/);
    expect(() => writeLlamaClassifierOnnx(config, tinyWeights(tinyConfig))).toThrow(/score\.weight/);
  });
});
