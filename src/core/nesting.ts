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
  const walk = (value: object, levels: number): string[] | null => {
    if (levels === 0) return [];
    const keys = Array.isArray(value) ? null : Object.keys(value);
    const count = keys === null ? (value as unknown[]).length : keys.length;
    for (let i = 0; i < count; i++) {
      const key = keys === null ? i : keys[i]!;
      const inner = (value as Readonly<Record<string | number, unknown>>)[key];
      // Plain values are counted here: a call for each would take most of the time.
      if (--left < 0) return [String(key)];
      if (typeof inner !== 'object' || inner === null) continue;
      const path = walk(inner, levels - 1);
      if (path) return [...path, String(key)];
    }
    return null;
  };
  const path = typeof input === 'object' && input !== null ? walk(input, depth) : null;
  if (path === null) return null;
  const reason =
    left < 0 ? `there are more than ${values} values` : `it is nested more than ${depth} levels deep`;
  return `${pathText(path.slice(-4).toReversed(), 'the file')}: ${reason}`;
}
