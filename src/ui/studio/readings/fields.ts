/** @file Losses for the curve and fields that no other view draws, read from attack steps. Pure. */
import type { AttackStep } from '../../types.ts';
import { isNumber, isText, orNull } from './detail.ts';

/** Steps with a loss, for the curve. */
export const lossesOf = (steps: readonly AttackStep[]): readonly AttackStep[] | null =>
  orNull(steps.filter(({ loss }) => loss !== undefined));

/** The fields of the latest step that has any, as text, for what no view draws. */
export function fieldsOf(steps: readonly AttackStep[]): readonly (readonly [string, string])[] | null {
  const detail = steps.findLast((step) => step.detail && Object.keys(step.detail).length > 0)?.detail;
  return detail === undefined ? null : Object.entries(detail).map(([key, value]) => [key, valueText(value)]);
}

function valueText(value: unknown): string {
  if (isText(value)) return value;
  if (isNumber(value) && !Number.isInteger(value)) return value.toPrecision(4);
  return JSON.stringify(value) ?? '';
}
