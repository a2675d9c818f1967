/**
 * @file The weights of a graph, and products with them, in single or in half precision.
 *
 * With `arithmetic: 'float16'` products take and give halves. What adds up over many terms stays in float32: the
 * residual stream, norms, and the softmax of attention. A matrix may be stored in blocks of four bits.
 */
import { blockSize } from '../four-bit.ts';
import type { Tensor } from '../language-model.ts';
import { valueBytes, type ExternalTensor, type GraphBuilder, type OpOptions } from './graph.ts';
import type { ExternalData } from './proto.ts';

/** A matrix W[out, in] ≈ scale · (q − 8), with a scale per block of `blockSize` values of a row. `in` is a multiple of it. */
export interface FourBitMatrix {
  readonly shape: readonly number[];
  /** q, two to a byte, the first in the low bits. [out, in / 32, 16] */
  readonly packed: Uint8Array | ExternalData;
  /** Halves. [out, in / 32] */
  readonly scales: Uint8Array | ExternalData;
}

/** By Hugging Face name, matrices [out, in]: values, which become part of the graph, or where they are beside it. */
export type GraphWeights = ReadonlyMap<string, GraphWeight>;
export type GraphWeight = Tensor | ExternalTensor | FourBitMatrix;

export interface ProductOptions {
  /** How values in the graph itself are stored. Default: `'float32'`. */
  readonly weights?: 'float32' | 'float16';
  /** Of the products. Default: `'float32'`. */
  readonly arithmetic?: 'float32' | 'float16';
}

const isFourBit = (weight: GraphWeight): weight is FourBitMatrix => 'packed' in weight;

export class Products {
  readonly arithmetic: 'float32' | 'float16';
  readonly #graph: GraphBuilder;
  readonly #weights: GraphWeights;
  readonly #stored: 'float32' | 'float16';

  constructor(
    graph: GraphBuilder,
    weights: GraphWeights,
    { arithmetic = 'float32', weights: stored = 'float32' }: ProductOptions,
  ) {
    this.#graph = graph;
    this.#weights = weights;
    this.arithmetic = arithmetic;
    this.#stored = stored;
  }

  /** A float32 value in the precision of the products. */
  narrow = (x: string): string => (this.arithmetic === 'float16' ? this.#graph.cast(x, 'float16') : x);
  /** What a product gave, as float32. */
  widen = (x: string): string => (this.arithmetic === 'float16' ? this.#graph.cast(x, 'float32') : x);

  /** A weight in float32. */
  weight(name: string): string {
    const weight = this.#read(name);
    return 'data' in weight
      ? this.#graph.tensor(name, weight, this.#stored)
      : this.#graph.external(name, weight);
  }

  /** A weight in the precision of the products, [out, in] if it is a matrix. */
  table(name: string): string {
    if (this.arithmetic === 'float32') return this.weight(name);
    const weight = this.#read(name);
    if (!('data' in weight) && weight.dtype === 'float32') return this.narrow(this.weight(name));
    const data = 'data' in weight ? valueBytes(weight.data, 'float16') : weight.place;
    return this.#graph.constant({ name: `${name}.f16`, type: 'float16', shape: weight.shape, data });
  }

  /** x · Wᵀ + b, where b is the bias of the same layer, if it has one. */
  project(name: string, x: string): string {
    const product = this.product(`${name}.weight`, x);
    const bias = `${name}.bias`;
    return this.#weights.has(bias) ? this.#graph.op('Add', [product, this.table(bias)]) : product;
  }

  /** x · Wᵀ */
  product(name: string, x: string, named: Pick<OpOptions, 'outputs'> = {}): string {
    const weight = this.#weights.get(name);
    return weight && isFourBit(weight)
      ? this.#fourBitProduct(name, weight, x, named)
      : this.#graph.op('MatMul', [x, this.#transposed(name)], named);
  }

  #fourBitProduct(
    name: string,
    { shape, packed, scales }: FourBitMatrix,
    x: string,
    named: Pick<OpOptions, 'outputs'>,
  ): string {
    const [out, inner] = shape as [number, number];
    const blocks = inner / blockSize;
    const constants = [
      this.#graph.constant({
        name: `${name}.packed`,
        type: 'uint8',
        shape: [out, blocks, blockSize / 2],
        data: packed,
      }),
      this.#graph.constant({ name: `${name}.scales`, type: 'float16', shape: [out, blocks], data: scales }),
    ];
    return this.#graph.op('MatMulNBits', [x, ...constants], {
      domain: 'com.microsoft',
      attributes: {
        K: { int: inner },
        N: { int: out },
        bits: { int: 4 },
        block_size: { int: blockSize },
      },
      ...named,
    });
  }

  /** A matrix as [in, out], which MatMul takes: turned here, or by the engine at loading if it is beside the graph. */
  #transposed(name: string): string {
    const weight = this.#read(name);
    if (!('data' in weight) || this.arithmetic === 'float16') return this.transpose(this.table(name));
    const { shape, data } = weight;
    const [rows, columns] = shape as [number, number];
    const transposed = new Float32Array(data.length);
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++)
        transposed[column * rows + row] = data[row * columns + column]!;
    return this.#graph.tensor(name, { shape: [columns, rows], data: transposed }, this.#stored);
  }

  transpose = (matrix: string): string =>
    this.#graph.op('Transpose', [matrix], { attributes: { perm: { ints: [1, 0] } } });

  #read(name: string): Tensor | ExternalTensor {
    const weight = this.#weights.get(name);
    if (!weight) throw new RangeError(`Weight "${name}" is missing.`);
    if (isFourBit(weight))
      throw new RangeError(`Weight "${name}" has four bits per value, and is only multiplied.`);
    return weight;
  }
}
