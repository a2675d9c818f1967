import * as ort from 'onnxruntime-web';
import { beforeAll, expect, test } from 'vitest';
import { createRandom } from '../../../src/core/random.ts';
import { writeLlamaOnnx } from '../../../src/models/onnx/llama.ts';
import { tinyConfig, tinyWeights } from '../tiny-model.ts';

/** The WASM build on one thread, as in browsers. Its kernels differ from those of the native library. */
let session: ort.InferenceSession;
beforeAll(async () => {
  ort.env.wasm.numThreads = 1;
  session = await ort.InferenceSession.create(writeLlamaOnnx(tinyConfig, tinyWeights()), {
    executionProviders: ['wasm'],
  });
});

const int64 = (rows: readonly (readonly number[])[]) =>
  new ort.Tensor('int64', BigInt64Array.from(rows.flat(), BigInt), [rows.length, rows[0]!.length]);

type Cache = Record<string, ort.Tensor>;
const emptyCache = (rows: number): Cache =>
  Object.fromEntries(
    session.inputNames
      .filter((name) => name.startsWith('past'))
      .map((name) => [
        name,
        new ort.Tensor('float32', new Float32Array(), [rows, tinyConfig.kvHeads, 0, tinyConfig.headDim]),
      ]),
  );

async function run(ids: readonly (readonly number[])[], mask: readonly (readonly number[])[], past: Cache) {
  const positions = mask.map((row) => {
    let seen = 0;
    return row.map((bit) => Math.max(0, (seen += bit) - 1)).slice(-ids[0]!.length);
  });
  const output = await session.run({
    input_ids: int64(ids),
    attention_mask: int64(mask),
    position_ids: int64(positions),
    num_logits_to_keep: new ort.Tensor('int64', BigInt64Array.of(1n), []),
    ...past,
  });
  const cache = Object.fromEntries(
    Object.entries(output)
      .filter(([name]) => name !== 'logits')
      .map(([name, tensor]) => [name.replace('present', 'past_key_values'), tensor]),
  );
  const logits = output['logits']!.data as Float32Array;
  return {
    cache,
    rows: ids.map((_, row) => logits.slice(row * tinyConfig.vocabSize, (row + 1) * tinyConfig.vocabSize)),
  };
}

/** Logits of each row after its prompt and after four more tokens, padded at the left to `width`. */
async function decode(prompts: readonly (readonly number[])[], width: number): Promise<Float32Array[][]> {
  const pad = (row: readonly number[], fill: number) => [
    ...new Array<number>(width - row.length).fill(0),
    ...row.map((id) => (fill === 1 ? 1 : id)),
  ];
  let mask = prompts.map((row) => pad(row, 1));
  let step = await run(
    prompts.map((row) => pad(row, 0)),
    mask,
    emptyCache(prompts.length),
  );
  const seen = step.rows.map((row) => [row]);
  for (let t = 0; t < 4; t++) {
    mask = mask.map((row) => [...row, 1]);
    step = await run(
      prompts.map((row) => [(row[0]! + t) % tinyConfig.vocabSize]),
      mask,
      step.cache,
    );
    step.rows.forEach((row, place) => seen[place]!.push(row));
  }
  return seen;
}

test('the WASM build gives the same logits to the last bit for a row alone and in a padded batch', async () => {
  const rng = createRandom('wasm');
  const prompts = [9, 31, 4, 50].map((length) =>
    Array.from({ length }, () => rng.integer(tinyConfig.vocabSize)),
  );
  const together = await decode(prompts, 57);
  for (const [row, prompt] of prompts.entries())
    expect(together[row]).toEqual((await decode([prompt], prompt.length))[0]);
});
