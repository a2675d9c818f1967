/** @file The graphs of what happens to the stream and to caches between the layers, and before the first. */
import { embeddingScale } from '../llama-family.ts';
import type { LlamaConfig } from '../llama.ts';
import { GraphBuilder } from '../onnx/graph.ts';
import { editStream, project } from './operations/direction.ts';
import { finish, output, type Bytes } from './program.ts';

/** `ids` [N] → `x` [N, d], from `table` [V, d]. */
export function embedProgram(config: LlamaConfig): Bytes {
  const g = new GraphBuilder();
  const ids = g.input('ids', 'int64', ['positions']);
  const table = g.input('table', 'float32', ['vocabulary', config.hiddenSize]);
  output(g, 'x', scaled(g, config, g.op('Gather', [table, ids])), ['positions', config.hiddenSize]);
  return finish(g, 'embed');
}

/** `ids` [N] → `rows` [N, d] of `table` [V, d], as they are. */
export function rowsProgram({ hiddenSize }: LlamaConfig): Bytes {
  const g = new GraphBuilder();
  const ids = g.input('ids', 'int64', ['positions']);
  const table = g.input('table', 'float32', ['vocabulary', hiddenSize]);
  output(g, 'rows', g.op('Gather', [table, ids]), ['positions', hiddenSize]);
  return finish(g, 'rows');
}

/**
 * As `embedProgram`, with vectors of their own for some positions: `soft` [n, d] is read at `soft_ids` [N] where
 * `is_soft` [N, 1] is 1, the table where it is 0.
 */
export function embedSoftProgram(config: LlamaConfig): Bytes {
  const g = new GraphBuilder();
  const [ids, softIds] = ['ids', 'soft_ids'].map((name) => g.input(name, 'int64', ['positions'])) as [
    string,
    string,
  ];
  const table = g.input('table', 'float32', ['vocabulary', config.hiddenSize]);
  const soft = g.input('soft', 'float32', ['vectors', config.hiddenSize]);
  const isSoft = g.input('is_soft', 'float32', ['positions', 1]);
  const hard = g.op('Mul', [g.op('Gather', [table, ids]), g.op('Sub', [g.scalar(1), isSoft])]);
  const x = g.op('Add', [hard, g.op('Mul', [g.op('Gather', [soft, softIds]), isSoft])]);
  output(g, 'x', scaled(g, config, x), ['positions', config.hiddenSize]);
  return finish(g, 'embed-soft');
}

function scaled(g: GraphBuilder, config: LlamaConfig, x: string): string {
  const scale = embeddingScale(config);
  return scale === 1 ? x : g.op('Mul', [x, g.scalar(scale)]);
}

/** `x`, `axis` [d], `offset` [d] → `out`; see `operations/direction.ts`. */
export function editProgram({ hiddenSize }: LlamaConfig): Bytes {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['positions', hiddenSize]);
  const [axis, offset] = ['axis', 'offset'].map((name) => g.input(name, 'float32', [hiddenSize])) as [
    string,
    string,
  ];
  output(g, 'out', editStream(g, x, axis, offset), ['positions', hiddenSize]);
  return finish(g, 'edit');
}

/** The gradient `d_out` of an edited stream → `d_input`, that of the stream before. */
export function editVjpProgram({ hiddenSize }: LlamaConfig): Bytes {
  const g = new GraphBuilder();
  const dOut = g.input('d_out', 'float32', ['positions', hiddenSize]);
  output(g, 'd_input', project(g, dOut, g.input('axis', 'float32', [hiddenSize])), ['positions', hiddenSize]);
  return finish(g, 'edit-vjp');
}

/**
 * `cache` [B, K, T, D] → `cut`: its rows `which` [B'], positions [from, to) followed by `more` empty ones; `from`, `to`
 * and `more` are [1].
 */
export function cutProgram({ kvHeads, headDim }: LlamaConfig): Bytes {
  const g = new GraphBuilder();
  const cache = g.input('cache', 'float32', ['rows', kvHeads, 'total', headDim]);
  const which = g.input('which', 'int64', ['kept']);
  const [from, to, more] = ['from', 'to', 'more'].map((name) => g.input(name, 'int64', [1])) as [
    string,
    string,
    string,
  ];
  const kept = g.op('Gather', [g.op('Slice', [cache, from, to, g.ints([2])]), which]);
  const concat = (parts: readonly string[], axis: number) =>
    g.op('Concat', parts, { attributes: { axis: { int: axis } } });
  const sides = g.op('Slice', [g.op('Shape', [kept]), g.ints([0]), g.ints([2])]);
  const empty = g.op('Expand', [g.scalar(0), concat([sides, more, g.ints([headDim])], 0)]);
  output(g, 'cut', concat([kept, empty], 2), ['kept', kvHeads, 'length', headDim]);
  return finish(g, 'cut');
}

/** `a` + `b`, [N, d] → `sum` */
export function addProgram({ hiddenSize }: LlamaConfig): Bytes {
  const g = new GraphBuilder();
  const [a, b] = ['a', 'b'].map((name) => g.input(name, 'float32', ['positions', hiddenSize])) as [
    string,
    string,
  ];
  output(g, 'sum', g.op('Add', [a, b]), ['positions', hiddenSize]);
  return finish(g, 'add');
}

/** `x` [N, d] · `factor` [1] → `product` */
export function scaleProgram({ hiddenSize }: LlamaConfig): Bytes {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['positions', hiddenSize]);
  output(g, 'product', g.op('Mul', [x, g.input('factor', 'float32', [1])]), ['positions', hiddenSize]);
  return finish(g, 'scale');
}
