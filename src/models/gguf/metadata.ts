/** @file Metadata of a GGUF file by key, each value checked when it is asked for. `null` where the file says nothing. */
import { excerpt } from '../../core/excerpt.ts';
import type { MetadataValue } from './parse.ts';
import type { Reject } from './reject.ts';

export interface Range {
  readonly min: number;
  readonly max: number;
}

/** Each method throws LabError 'bad-model' that names the key if the value is of another kind. */
export interface Metadata {
  text(key: string): string | null;
  flag(key: string): boolean | null;
  /** A finite number. */
  number(key: string): number | null;
  integer(key: string, range: Range): number | null;
  texts(key: string): readonly string[] | null;
  numbers(key: string): readonly number[] | null;
}

/** A chat template has some 10 kB. */
const mostCharacters = 1_000_000;

export function readMetadata(values: ReadonlyMap<string, MetadataValue>, reject: Reject): Metadata {
  const valueOf = (key: string): MetadataValue | null => values.get(key) ?? null;
  const listOf = (key: string, type: 'string' | 'number'): readonly unknown[] | null => {
    const value = valueOf(key);
    if (value === null) return null;
    if (!Array.isArray(value) || !value.every((item) => typeof item === type))
      return reject(`"${excerpt(key)}" is not a list of ${type === 'string' ? 'texts' : 'numbers'}`);
    return value;
  };
  const number = (key: string): number | null => {
    const value = valueOf(key);
    if (value === null) return null;
    const converted = typeof value === 'bigint' ? Number(value) : value;
    if (typeof converted !== 'number' || !Number.isFinite(converted))
      return reject(`"${excerpt(key)}" is not a number`);
    return converted;
  };
  return {
    text(key) {
      const value = valueOf(key);
      if (value !== null && (typeof value !== 'string' || value.length > mostCharacters))
        return reject(`"${excerpt(key)}" is not a text of at most ${mostCharacters} characters`);
      return value;
    },
    flag(key) {
      const value = valueOf(key);
      if (value !== null && typeof value !== 'boolean')
        return reject(`"${excerpt(key)}" is not true or false`);
      return value;
    },
    number,
    integer(key, { min, max }) {
      const value = number(key);
      if (value !== null && (!Number.isInteger(value) || value < min || value > max))
        return reject(`"${excerpt(key)}" is ${value}, not a whole number from ${min} to ${max}`);
      return value;
    },
    texts: (key) => listOf(key, 'string') as readonly string[] | null,
    numbers: (key) => listOf(key, 'number') as readonly number[] | null,
  };
}
