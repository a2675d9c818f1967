/** @file What all programs have in common: how a graph is finished, and how it names its outputs. */
import type { GraphBuilder } from '../onnx/graph.ts';
import { writeOnnx } from '../onnx/proto.ts';

export type Bytes = Uint8Array<ArrayBuffer>;

export const finish = (g: GraphBuilder, name: string): Bytes =>
  writeOnnx(g.finish(name, { '': 18, 'com.microsoft': 1 }));

/** Give the value `name` a name of the graph's own as an output. */
export function output(
  g: GraphBuilder,
  name: string,
  value: string,
  shape: readonly (string | number)[],
): void {
  g.op('Identity', [value], { outputs: [name] });
  g.output(name, 'float32', shape);
}
