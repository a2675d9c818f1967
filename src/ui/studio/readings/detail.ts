/**
 * @file Checks and defaults for the untyped `detail` of attack steps. A reading goes by the shape of the data, not by
 * which attack made it; it is `null` where the shape does not fit, and leaves out what is odd in a single step. Pure.
 */

export const isNumber = (value: unknown): value is number =>
  typeof value === 'number' && !Number.isNaN(value);
export const isText = (value: unknown): value is string => typeof value === 'string';
export const textOr = (value: unknown, other: string): string => (isText(value) ? value : other);
export const numberOrNull = (value: unknown): number | null => (isNumber(value) ? value : null);
export const isName = (value: unknown): value is string | number => isText(value) || isNumber(value);
export const orNull = <T>(items: readonly T[]): readonly T[] | null => (items.length > 0 ? items : null);
