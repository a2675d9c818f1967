/** @file The models and numbers of `reference.json`; see the README beside it. */
import { readFileSync } from 'node:fs';
import type { Tensor } from '../../../../src/models/language-model.ts';
import { familyOf } from '../../../../src/models/llama-family.ts';
import { weightShapes } from '../../../../src/models/llama-weights.ts';
import { parseLlamaConfig, type LlamaConfig } from '../../../../src/models/llama.ts';

/** Values by position. */
type ByPosition = Readonly<Record<string, readonly number[]>>;

interface Stored {
  readonly title: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly ids: readonly number[];
  readonly promptLength: number;
  readonly loss: number;
  readonly logits: ByPosition;
  readonly gradient: ByPosition;
}

export interface TorchCase extends Omit<Stored, 'config'> {
  readonly config: LlamaConfig;
  readonly weights: ReadonlyMap<string, Tensor>;
}

function noise(name: string, count: number): Float64Array {
  let hash = 2166136261;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 16777619) >>> 0;
  let x = hash;
  return Float64Array.from({ length: count }, () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) / 2 ** 31 - 1;
  });
}

export function torchWeights(config: LlamaConfig): ReadonlyMap<string, Tensor> {
  const one = 1 - familyOf(config).normOffset;
  return new Map(
    [...weightShapes(config)].map(([name, shape]): [string, Tensor] => {
      const values = noise(
        name,
        shape.reduce((a, b) => a * b, 1),
      );
      const value = (u: number) =>
        name.endsWith('norm.weight') ? 0.3 * u + one : (name.endsWith('.bias') ? 0.3 : 0.4) * u;
      return [name, { shape, data: Float32Array.from(values, value) }];
    }),
  );
}

const file = new URL('reference.json', import.meta.url);

export const torchCases: readonly TorchCase[] = (JSON.parse(readFileSync(file, 'utf8')) as Stored[]).map(
  ({ config: hub, ...stored }) => {
    const config = parseLlamaConfig(hub);
    return { ...stored, config, weights: torchWeights(config) };
  },
);

/** The largest difference between numbers at the same place. */
export const farthest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
