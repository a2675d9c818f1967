/** @file Builds a graph node by node: each operator call gives the name of its output. */
import type { Tensor } from '../language-model.ts';
import {
  elementTypes,
  type Attribute,
  type ElementType,
  type ExternalData,
  type Initializer,
  type Node,
  type OnnxModel,
  type ValueInfo,
} from './proto.ts';
import { roundToHalves } from '../float16.ts';

/** A tensor in a file beside the graph. */
export interface ExternalTensor {
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'float16';
  readonly place: ExternalData;
}

export interface OpOptions {
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** Default: the standard operators. */
  readonly domain?: 'com.microsoft';
  /** Names of the outputs, `''` for one that is not used. Default: one generated name. */
  readonly outputs?: readonly string[];
}

/** Little endian, as in a file. Float32 shares memory with `data`. */
export function valueBytes(data: Float32Array, dtype: ExternalTensor['dtype']): Uint8Array {
  const values = dtype === 'float16' ? roundToHalves(data) : data;
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

export class GraphBuilder {
  readonly #nodes: Node[] = [];
  readonly #initializers = new Map<string, Initializer>();
  readonly #inputs: ValueInfo[] = [];
  readonly #outputs: ValueInfo[] = [];

  input(name: string, type: ElementType, shape: ValueInfo['shape']): string {
    this.#inputs.push({ name, type, shape });
    return name;
  }

  /** Declare the value `name`, which a node computes, as an output of the graph. */
  output(name: string, type: ElementType, shape: ValueInfo['shape']): void {
    this.#outputs.push({ name, type, shape });
  }

  /** Append an operator. @returns the name of its last output */
  op(type: string, inputs: readonly string[], { attributes = {}, domain, outputs }: OpOptions = {}): string {
    const names = outputs ?? [`v${this.#nodes.length}`];
    this.#nodes.push({ type, domain: domain ?? '', inputs, outputs: names, attributes });
    return names.at(-1)!;
  }

  /** A constant list (or, for a number, scalar) of int64; equal ones are stored once. */
  ints(values: number | readonly number[]): string {
    const list = typeof values === 'number' ? [values] : values;
    const shape = typeof values === 'number' ? [] : [values.length];
    const name = `i64_${JSON.stringify(values)}`;
    const data = new Uint8Array(BigInt64Array.from(list, BigInt).buffer);
    this.#initializers.set(name, { name, type: 'int64', shape, data });
    return name;
  }

  /** A constant scalar of float32; equal ones are stored once. */
  scalar(value: number): string {
    const name = `f32_${value}`;
    const data = new Uint8Array(Float32Array.of(value).buffer);
    this.#initializers.set(name, { name, type: 'float32', shape: [], data });
    return name;
  }

  /** A value in another type of numbers. */
  cast(value: string, to: ElementType, outputs?: readonly string[]): string {
    return this.op('Cast', [value], {
      attributes: { to: { int: elementTypes[to] } },
      ...(outputs && { outputs }),
    });
  }

  /** A constant of any type, as it is stored. */
  constant(initializer: Initializer): string {
    this.#initializers.set(initializer.name, initializer);
    return initializer.name;
  }

  /** Store a tensor. With `float16` it is rounded, and widened again by a Cast that runs once, at loading. */
  tensor(name: string, { shape, data }: Tensor, dtype: 'float32' | 'float16' = 'float32'): string {
    return this.#weight(name, dtype, shape, valueBytes(data, dtype));
  }

  /** Refer to a tensor in a file beside the graph, as float32. */
  external(name: string, { shape, dtype, place }: ExternalTensor): string {
    return this.#weight(name, dtype, shape, place);
  }

  #weight(
    name: string,
    type: 'float32' | 'float16',
    shape: readonly number[],
    data: Initializer['data'],
  ): string {
    if (type === 'float32') return this.constant({ name, type, shape, data });
    return this.cast(this.constant({ name: `${name}.f16`, type, shape, data }), 'float32', [name]);
  }

  finish(name: string, opsets: OnnxModel['opsets']): OnnxModel {
    return {
      name,
      opsets,
      nodes: this.#nodes,
      initializers: [...this.#initializers.values()],
      inputs: this.#inputs,
      outputs: this.#outputs,
    };
  }
}
