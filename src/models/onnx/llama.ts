/**
 * @file Writes a Llama-family decoder with its key/value cache as ONNX, under the names that transformers.js expects.
 * Shapes: as in `layers.ts`; V = vocabulary size.
 */
import type { LlamaConfig } from '../llama.ts';
import { GraphBuilder } from './graph.ts';
import { LlamaLayers, type AppendToCache, type GraphWeights, type LlamaOnnxOptions } from './layers.ts';
import { writeOnnx } from './proto.ts';

export type { GraphWeights, LlamaOnnxOptions } from './layers.ts';

/**
 * Inputs: `input_ids`, `attention_mask`, `position_ids`, `num_logits_to_keep`, `past_key_values.*`; outputs: `logits`
 * [B, kept, V] and `present.*`.
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
  const appendToCache: AppendToCache = (layer, part, current) => {
    const name = `past_key_values.${layer}.${part}`;
    const past = g.input(name, 'float32', cacheShape('past_sequence_length'));
    const outputs = [`present.${layer}.${part}`];
    return g.op('Concat', [past, current], { attributes: { axis: { int: 2 } }, outputs });
  };
  const body = new LlamaLayers(g, config, weights, options, appendToCache);
  const { normed, embedding } = body.append({ ids, mask, positions });

  // 0 keeps every position, n the last n.
  const start = g.op('Neg', [g.op('Unsqueeze', [keep, g.ints([0])])]);
  const states = g.op('Slice', [normed, start, g.ints([2 ** 31 - 1]), g.ints([1])]);
  const head = config.tieWordEmbeddings
    ? g.op('Transpose', [embedding], { attributes: { perm: { ints: [1, 0] } } })
    : body.matrix('lm_head.weight');
  g.op('MatMul', [states, head], { outputs: ['logits'] });
  g.output('logits', 'float32', ['batch_size', 'kept_length', vocabSize]);
  for (let layer = 0; layer < layers; layer++)
    for (const part of ['key', 'value'])
      g.output(`present.${layer}.${part}`, 'float32', cacheShape('total_sequence_length'));
  return writeOnnx(g.finish('llama', { '': 18, 'com.microsoft': 1 }));
}
