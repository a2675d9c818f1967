/** @file The weights and adapters of one layer as inputs of a graph: what they do to the stream, and their gradients. */
import { familyOf } from '../llama-family.ts';
import type { LlamaConfig } from '../llama.ts';
import type { GraphBuilder } from '../onnx/graph.ts';
import type { Projection } from '../projections.ts';
import { adapted, adaptedVjp, type Adapter } from './operations/adapter.ts';
import {
  projection,
  projectionBiasVjp,
  projectionInputVjp,
  projectionWeightVjp,
  type ProjectionSize,
} from './operations/projection.ts';
import { rmsNorm, rmsNormVjp } from './operations/rms-norm.ts';

function sizeOf(config: LlamaConfig, name: Projection): ProjectionSize {
  const { hiddenSize, intermediateSize, headDim } = config;
  switch (name) {
    case 'self_attn.q_proj':
      return { in: hiddenSize, out: config.heads * headDim };
    case 'self_attn.k_proj':
    case 'self_attn.v_proj':
      return { in: hiddenSize, out: config.kvHeads * headDim };
    case 'self_attn.o_proj':
      return { in: config.heads * headDim, out: hiddenSize };
    case 'mlp.gate_proj':
    case 'mlp.up_proj':
      return { in: hiddenSize, out: intermediateSize };
    case 'mlp.down_proj':
      return { in: intermediateSize, out: hiddenSize };
  }
}

/** What a backward pass gives besides the gradient of its input. */
export type Wanted = 'input' | 'weights' | 'adapters';

export class LayerWeights {
  readonly #g: GraphBuilder;
  readonly #config: LlamaConfig;
  readonly #adapters: ReadonlySet<Projection>;
  readonly #inputs = new Set<string>();
  readonly #gradients = new Map<string, string>();

  constructor(g: GraphBuilder, config: LlamaConfig, adapters: ReadonlySet<Projection>) {
    this.#g = g;
    this.#config = config;
    this.#adapters = adapters;
  }

  /** Declares an input, once. */
  input(name: string, shape: readonly (string | number)[]): string {
    if (!this.#inputs.has(name)) this.#g.input(name, 'float32', shape);
    this.#inputs.add(name);
    return name;
  }

  /** Gradients of weights and adapters that the backward pass added, by name of the weight. */
  get gradients(): ReadonlyMap<string, string> {
    return this.#gradients;
  }

  #weight(name: string, rank: 1 | 2): string {
    return this.input(name, rank === 1 ? [`${name}.0`] : [`${name}.0`, `${name}.1`]);
  }

  #adapter(name: Projection): Adapter | null {
    if (!this.#adapters.has(name)) return null;
    const scale = this.input('lora_scale', [1]);
    return {
      a: this.#weight(`${name}.lora_A.weight`, 2),
      b: this.#weight(`${name}.lora_B.weight`, 2),
      scale,
    };
  }

  #hasBias(name: Projection): boolean {
    const { attentionBias } = this.#config;
    if (!name.startsWith('self_attn') || attentionBias === 'none') return false;
    return name !== 'self_attn.o_proj' || attentionBias === 'qkvo';
  }

  project(name: Projection, x: string): string {
    const bias = this.#hasBias(name) ? this.#weight(`${name}.bias`, 1) : null;
    const y = projection(this.#g, x, this.#weight(`${name}.weight`, 2), bias, sizeOf(this.#config, name));
    const adapter = this.#adapter(name);
    return adapter ? this.#g.op('Add', [y, adapted(this.#g, x, adapter)]) : y;
  }

  /** The gradient of x; adds those of the weights that are wanted. @param x is asked for only if they are */
  projectVjp(name: Projection, x: () => string, dy: string, wanted: Wanted): string {
    const g = this.#g;
    const dx = projectionInputVjp(g, dy, this.#weight(`${name}.weight`, 2), sizeOf(this.#config, name));
    if (wanted === 'weights') {
      this.#gradients.set(`${name}.weight`, projectionWeightVjp(g, x(), dy));
      if (this.#hasBias(name)) this.#gradients.set(`${name}.bias`, projectionBiasVjp(g, dy));
    }
    const adapter = this.#adapter(name);
    if (!adapter) return dx;
    const low = adaptedVjp(g, x, dy, adapter);
    if (wanted === 'adapters') {
      const { da, db } = low.gradients();
      this.#gradients.set(`${name}.lora_A.weight`, da);
      this.#gradients.set(`${name}.lora_B.weight`, db);
    }
    return g.op('Add', [dx, low.dx]);
  }

  get #normOptions() {
    return { epsilon: this.#config.rmsNormEps, offset: familyOf(this.#config).normOffset };
  }

  norm(name: string, x: string): string {
    return rmsNorm(this.#g, x, this.#weight(`${name}.weight`, 1), this.#normOptions);
  }

  normVjp(name: string, x: string, dy: string, wanted: Wanted): string {
    const { dx, weightGradient } = rmsNormVjp(
      this.#g,
      x,
      this.#weight(`${name}.weight`, 1),
      dy,
      this.#normOptions,
    );
    if (wanted === 'weights') this.#gradients.set(`${name}.weight`, weightGradient());
    return dx;
  }
}
