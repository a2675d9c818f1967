/** @file The types in which tensors of a GGUF file are stored, by the number that ggml gives them. */
import { decodeBf16, decodeF16, decodeF32 } from './quants/floats.ts';
import { decodeQ4K, decodeQ5K, decodeQ6K } from './quants/k-quants.ts';
import { decodeQ40, decodeQ41, decodeQ50, decodeQ51, decodeQ80 } from './quants/round-to-nearest.ts';

export interface TensorType {
  readonly name: string;
  /** Values per block: a row is a whole number of blocks. */
  readonly blockValues: number;
  readonly blockBytes: number;
  /**
   * Decodes as many whole blocks as `values` has room for. `bytes` begins at a multiple of 4 of its buffer.
   * Values are those of ggml's own reference, to the last bit.
   */
  readonly decode: (bytes: Uint8Array<ArrayBuffer>, values: Float32Array<ArrayBuffer>) => void;
}

const types: Readonly<Record<number, TensorType>> = {
  0: { name: 'F32', blockValues: 1, blockBytes: 4, decode: decodeF32 },
  1: { name: 'F16', blockValues: 1, blockBytes: 2, decode: decodeF16 },
  2: { name: 'Q4_0', blockValues: 32, blockBytes: 18, decode: decodeQ40 },
  3: { name: 'Q4_1', blockValues: 32, blockBytes: 20, decode: decodeQ41 },
  6: { name: 'Q5_0', blockValues: 32, blockBytes: 22, decode: decodeQ50 },
  7: { name: 'Q5_1', blockValues: 32, blockBytes: 24, decode: decodeQ51 },
  8: { name: 'Q8_0', blockValues: 32, blockBytes: 34, decode: decodeQ80 },
  12: { name: 'Q4_K', blockValues: 256, blockBytes: 144, decode: decodeQ4K },
  13: { name: 'Q5_K', blockValues: 256, blockBytes: 176, decode: decodeQ5K },
  14: { name: 'Q6_K', blockValues: 256, blockBytes: 210, decode: decodeQ6K },
  30: { name: 'BF16', blockValues: 1, blockBytes: 2, decode: decodeBf16 },
};

/** Types that are not read here, so that a refusal can name them. */
const otherNames: Readonly<Record<number, string>> = {
  9: 'Q8_1',
  10: 'Q2_K',
  11: 'Q3_K',
  15: 'Q8_K',
  16: 'IQ2_XXS',
  17: 'IQ2_XS',
  18: 'IQ3_XXS',
  19: 'IQ1_S',
  20: 'IQ4_NL',
  21: 'IQ3_S',
  22: 'IQ2_S',
  23: 'IQ4_XS',
  24: 'I8',
  25: 'I16',
  26: 'I32',
  27: 'I64',
  28: 'F64',
  29: 'IQ1_M',
  34: 'TQ1_0',
  35: 'TQ2_0',
  39: 'MXFP4',
};

/** `undefined` for a type that cannot be read here. */
export const tensorTypeOf = (type: number): TensorType | undefined => types[type];

export const readableTypes: readonly string[] = Object.values(types).map(({ name }) => name);

export const typeName = (type: number): string => types[type]?.name ?? otherNames[type] ?? `number ${type}`;
