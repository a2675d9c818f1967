/**
 * @file Writes a Llama-family decoder with its key/value cache as ONNX, under the names that transformers.js expects.
 * Shapes: as in `layers.ts`; V = vocabulary size.
 */
import type { LlamaConfig } from '../llama.ts';
import { GraphBuilder, type OpOptions } from './graph.ts';
import { LlamaLayers, type AppendToCache, type LlamaOnnxOptions } from './layers.ts';
import { Products, type GraphWeights } from './products.ts';
import { writeOnnx } from './proto.ts';

export type { LlamaOnnxOptions } from './layers.ts';
export type { GraphWeights } from './products.ts';

/**
 * Inputs: `input_ids`, `attention_mask`, `position_ids`, `num_logits_to_keep`, `past_key_values.*`; outputs: `logits`
 * [B, kept, V] in float32, and `present.*`. The cache holds numbers of the precision of the products.
 */
export function writeLlamaOnnx(
  config: LlamaConfig,
  weights: GraphWeights,
  options: LlamaOnnxOptions = {},
): Uint8Array<ArrayBuffer> {
  const g = new GraphBuilder();
  const { layers, kvHeads, headDim, vocabSize } = config;
  const ids = g.input('input_ids', 'int64', ['batch_size', 'sequence_length']);
  const mask = g.input('attention_mask', 'int64', ['batch_size', 'total_sequence_length']);
  const positions = g.input('position_ids', 'int64', ['batch_size', 'sequence_length']);
  const keep = g.input('num_logits_to_keep', 'int64', []);

  const cacheShape = (length: string) => ['batch_size', kvHeads, length, headDim];
  const products = new Products(g, weights, options);
  const appendToCache: AppendToCache = (layer, part, current) => {
    const name = `past_key_values.${layer}.${part}`;
    const past = g.input(name, products.arithmetic, cacheShape('past_sequence_length'));
    const outputs = [`present.${layer}.${part}`];
    return g.op('Concat', [past, current], { attributes: { axis: { int: 2 } }, outputs });
  };
  const body = new LlamaLayers(g, config, products, options.attention, appendToCache);
  const { normed, embedding } = body.append({ ids, mask, positions });

  // 0 keeps every position, n the last n.
  const start = g.op('Neg', [g.op('Unsqueeze', [keep, g.ints([0])])]);
  const states = g.op('Slice', [normed, start, g.ints([2 ** 31 - 1]), g.ints([1])]);
  const isHalf = products.arithmetic === 'float16';
  const named: OpOptions = isHalf ? {} : { outputs: ['logits'] };
  const logits = config.tieWordEmbeddings
    ? g.op('MatMul', [products.narrow(states), products.transpose(embedding)], named)
    : products.product('lm_head.weight', products.narrow(states), named);
  if (isHalf) g.cast(logits, 'float32', ['logits']);
  g.output('logits', 'float32', ['batch_size', 'kept_length', vocabSize]);
  for (let layer = 0; layer < layers; layer++)
    for (const part of ['key', 'value'])
      g.output(`present.${layer}.${part}`, products.arithmetic, cacheShape('total_sequence_length'));
  return writeOnnx(g.finish('llama', { '': 18, 'com.microsoft': 1 }));
}
