/** @file Limits on parsed JSON from outside, checked before anything else reads it. */
import { pathText } from './excerpt.ts';

export interface JsonLimits {
  /** Most lists and objects inside each other. Deeper data would overflow the stack of whatever walks it. */
  readonly depth: number;
  /** Most values in all. */
  readonly values: number;
}

/** Why `input` is too large to be read, with the path; `null` when it fits. */
export function sizeProblem(input: unknown, { depth, values }: JsonLimits): string | null {
  let left = values;
  /** The path to what is too much, innermost key first. */
  const walk = (value: unknown, levels: number): string[] | null => {
    if (--left < 0) return [];
    if (typeof value !== 'object' || value === null) return null;
    if (levels === 0) return [];
    if (Array.isArray(value)) {
      for (let i = 0; i < value.length; i++) {
        const path = walk(value[i], levels - 1);
        if (path) return [...path, String(i)];
      }
      return null;
    }
    for (const key of Object.keys(value)) {
      const path = walk((value as Record<string, unknown>)[key], levels - 1);
      if (path) return [...path, key];
    }
    return null;
  };
  const path = walk(input, depth);
  if (path === null) return null;
  const reason =
    left < 0 ? `there are more than ${values} values` : `it is nested more than ${depth} levels deep`;
  return `${pathText(path.slice(-4).toReversed(), 'the file')}: ${reason}`;
}
