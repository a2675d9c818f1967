/**
 * @file How the stream is divided among attention heads. Shapes: as in `layer-graph.ts`.
 */
import type { LlamaConfig } from '../llama.ts';
import type { GraphBuilder } from '../onnx/graph.ts';

export class HeadShapes {
  readonly #g: GraphBuilder;
  readonly #config: LlamaConfig;
  readonly #positions: string;

  /** @param positions an array of shape [B, S] */
  constructor(g: GraphBuilder, config: LlamaConfig, positions: string) {
    this.#g = g;
    this.#config = config;
    this.#positions = positions;
  }

  /** x with its shape changed to [B, S, ...rest]. */
  byPosition(x: string, ...rest: readonly number[]): string {
    const g = this.#g;
    const shape = g.op('Concat', [g.op('Shape', [this.#positions]), g.ints(rest)], {
      attributes: { axis: { int: 0 } },
    });
    return g.op('Reshape', [x, shape]);
  }

  reshape(x: string, ...shape: readonly number[]): string {
    return this.#g.op('Reshape', [x, this.#g.ints(shape)]);
  }

  transpose(x: string, ...perm: readonly number[]): string {
    return this.#g.op('Transpose', [x], { attributes: { perm: { ints: perm } } });
  }

  /** [N, H·D] → [B, K, G·S, D]: heads that share keys become rows of one matrix. */
  groupHeads(x: string): string {
    const { heads, kvHeads, headDim } = this.#config;
    const split = this.byPosition(x, kvHeads, heads / kvHeads, headDim);
    return this.reshape(this.transpose(split, 0, 2, 3, 1, 4), 0, kvHeads, -1, headDim);
  }

  /** [B, K, G·S, D] → [N, H·D] */
  joinHeads(x: string): string {
    const { heads, kvHeads, headDim } = this.#config;
    const split = this.reshape(x, 0, 0, heads / kvHeads, -1, headDim);
    return this.reshape(this.transpose(split, 0, 3, 1, 2, 4), -1, heads * headDim);
  }

  /** [N, K·D] → [B, K, S, D] */
  byHead(x: string): string {
    const { kvHeads, headDim } = this.#config;
    return this.transpose(this.byPosition(x, kvHeads, headDim), 0, 2, 1, 3);
  }

  /** [B, K, S, D] → [N, K·D] */
  fromHeads(x: string): string {
    const { kvHeads, headDim } = this.#config;
    return this.reshape(this.transpose(x, 0, 2, 1, 3), -1, kvHeads * headDim);
  }
}
