/**
 * @file Writes a Llama-family sequence classifier as ONNX: the decoder's layers without a cache, and a score head that
 * reads the last token of each row that is not padding.
 */
import type { LlamaConfig } from '../llama.ts';
import { GraphBuilder } from './graph.ts';
import { LlamaLayers, type LlamaOnnxOptions } from './layers.ts';
import { Products, type GraphWeights } from './products.ts';
import { writeOnnx } from './proto.ts';

/**
 * Inputs: `input_ids` and `attention_mask`, [B, S] each, padded on the right; output: `logits`, [B, labels].
 * A row's logits do not depend on its padding or on the rows beside it.
 * @param config with `labels`
 * @param weights by Hugging Face name, matrices [out, in]; `score.weight` is [labels, d]
 */
export function writeLlamaClassifierOnnx(
  config: LlamaConfig,
  weights: GraphWeights,
  options: Pick<LlamaOnnxOptions, 'weights'> = {},
): Uint8Array<ArrayBuffer> {
  if (!config.labels) throw new RangeError('The configuration of a classifier needs labels.');
  const g = new GraphBuilder();
  const shape = ['batch_size', 'sequence_length'];
  const ids = g.input('input_ids', 'int64', shape);
  const mask = g.input('attention_mask', 'int64', shape);
  const size = g.op('Shape', [ids]);
  const [rows, length] = [0, 1].map((axis) => g.op('Gather', [size, g.ints(axis)])) as [string, string];
  const range = (limit: string) => g.op('Range', [g.ints(0), limit, g.ints(1)]);
  const positions = g.op('Expand', [range(length), size]);
  const products = new Products(g, weights, options);
  const body = new LlamaLayers(g, config, products, undefined, (_layer, _part, current) => current);
  const { normed } = body.append({ ids, mask, positions });

  const lengths = g.op('ReduceSum', [mask, g.ints([1])], { attributes: { keepdims: { int: 0 } } });
  const lastTokens = g.op('Add', [
    g.op('Mul', [range(rows), length]),
    g.op('Sub', [lengths, g.ints(1)]), // index of the last token in its row
  ]);
  const states = g.op('Gather', [g.op('Reshape', [normed, g.ints([-1, config.hiddenSize])]), lastTokens]);
  products.product('score.weight', states, { outputs: ['logits'] });
  g.output('logits', 'float32', ['batch_size', config.labels.length]);
  return writeOnnx(g.finish('llama-classifier', { '': 18, 'com.microsoft': 1 }));
}
