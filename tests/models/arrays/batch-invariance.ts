/** @file A row's logits do not depend on the rows beside it (docs/decisions/0001), on any device with a processor. */
import { expect, test } from 'vitest';
import type { ArrayDevice } from '../../../src/models/arrays/array-device.ts';
import { createWhiteBoxModel } from '../../../src/models/runtimes/whitebox/index.ts';
import { randomIds, stubTokenizer, tinyConfig, tinyWeights } from '../whitebox/tiny-model.ts';

/** ONNX Runtime adds up in blocks of 128 terms, or of more where a matrix is narrow: these models show each kind. */
const shapes = {
  'many narrow heads': { num_attention_heads: 2, num_key_value_heads: 2 },
  'wide layers and heads of 128': {
    hidden_size: 160,
    intermediate_size: 144,
    ...{ num_attention_heads: 2, num_key_value_heads: 1, head_dim: 128 },
  },
  'sliding windows and heads of 256': {
    ...{ model_type: 'gemma3_text', query_pre_attn_scalar: 256, sliding_window: 140 },
    layer_types: ['sliding_attention', 'full_attention'],
    ...{ num_attention_heads: 2, num_key_value_heads: 1, head_dim: 256 },
  },
};

/** Of the prompts: shorter than a block, longer than one, and longer than two. */
const lengths = [140, 9, 262, 64, 131, 30, 127];
const all = Array.from(lengths.keys());

export function testBatchInvariance(open: () => Promise<ArrayDevice>): void {
  test.each(Object.entries(shapes))('a row has the same logits among any others: %s', async (_, changes) => {
    const device = await open();
    const config = tinyConfig({ max_position_embeddings: 400, ...changes });
    const weights = new Map(
      [...tinyWeights(config)].map(([name, { shape, data }]) => [
        name,
        { shape, data: shape.length > 1 ? data.map((value) => value / 2) : data },
      ]),
    );
    const tokenizer = stubTokenizer(config);
    const model = createWhiteBoxModel({ id: 'tiny', device, config, weights, tokenizer });
    const prompts = lengths.map((length, i) => randomIds(length, config.vocabSize, `prompt ${i}`));

    /** Logits of each row at every step. @param kept the rows that go on after two steps */
    async function decode(rows: readonly number[], kept = rows): Promise<Map<number, Float32Array[]>> {
      const seen = new Map<number, Float32Array[]>(rows.map((row) => [row, []]));
      const session = await model.open(rows.map((row) => prompts[row]!));
      let open = rows;
      const note = () => open.forEach((row, i) => seen.get(row)!.push(session.logits(i).slice()));
      note();
      for (let step = 0; step < 4; step++) {
        if (step === 2) {
          await session.keep(kept.map((row) => open.indexOf(row)));
          open = kept;
        }
        await session.advance(open.map((row) => (7 * row + 3 * step) % config.vocabSize));
        note();
      }
      await session.close();
      return seen;
    }

    const together = await decode(all);
    const check = (some: ReadonlyMap<number, readonly Float32Array[]>) => {
      for (const [row, steps] of some)
        steps.forEach((logits, step) => expect(logits, `row ${row}`).toEqual(together.get(row)![step]));
    };
    check(await decode([1, 5])); // both short
    check(await decode([3, 2]));
    check(await decode([0, 4]));
    check(await decode(all, [6, 0]));
    check(await decode(all, [5]));
    // A lone prompt is added up in another order.
    const [[, alone]] = [...(await decode([2]))] as [[number, Float32Array[]]];
    alone.forEach((logits, step) =>
      logits.forEach((value, i) => expect(value).toBeCloseTo(together.get(2)![step]![i]!, 3)),
    );
    model.dispose();
  });
}
