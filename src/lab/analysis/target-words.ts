/** @file What a comparison of models under attack shows, in words. */
import { list, percent, pValue } from '../../core/format.ts';
import { groupedBy } from '../../core/groups.ts';
import { undefended } from '../plan/plan.ts';
import type { TargetCheck } from '../records/summary.ts';
import { differenceWords, directionOf } from './pairs.ts';
import type { AdjustedTarget } from './targets.ts';

type Names = (id: string) => string;

/** Yes of the model, and of the one beside it, of all behaviors that both decided. */
export const yesOf = ({ both, onlyFirst, onlySecond }: TargetCheck) =>
  ({ own: both + onlyFirst, beside: both + onlySecond }) as const;

/**
 * What differs between each model and the first, behind each defense; and what does not.
 * @param name the title of a method
 */
export function targetFindings(
  checks: readonly AdjustedTarget[],
  name: Names,
  modelName: Names,
): readonly string[] {
  const columns = groupedBy(checks, ({ model, defense }) => JSON.stringify([model, defense]));
  return [...columns.values()].flatMap((column) => columnFindings(column, name, modelName));
}

function columnFindings(column: readonly AdjustedTarget[], name: Names, modelName: Names): readonly string[] {
  const { model, beside, defense } = column[0]!;
  const own = `${modelName(model)}${defense === undefended ? '' : ` behind ${name(defense)}`}`;
  const other = modelName(beside);
  const attacks = (direction: -1 | 1) =>
    list(
      changed(column, 'success', direction).map(
        ({ attack = '', mode }) => `${name(attack)}${mode ? ` (${mode})` : ''}`,
      ),
    );
  const [fewer, more] = [attacks(-1), attacks(1)];
  const price = [
    ...changed(column, 'over-refusal', 1).map(() => 'refuses more harmless look-alikes'),
    ...changed(column, 'over-refusal', -1).map(() => 'refuses fewer harmless look-alikes'),
    ...changed(column, 'utility', -1).map(() => 'solves fewer harmless requests'),
    ...changed(column, 'utility', 1).map(() => 'solves more harmless requests'),
  ];
  return [
    ...column
      .filter(({ measure }) => measure === /* @wc-ignore */ 'any attack')
      .map((any) => anySentence(any, own, other)),
    ...(fewer === '' ? [] : [`Less successful on ${own} than on ${other}: ${fewer}.`]),
    ...(more === '' ? [] : [`Beware: more successful on ${own} than on ${other}: ${more}.`]),
    ...(price.length === 0 ? [] : [`${own} ${list(price)} than ${other}.`]),
    ...(column.some((check) => directionOf(check) !== 0)
      ? []
      : [
          `So far no difference between ${own} and ${other} is significant: all comparisons are tested together.`,
        ]),
  ];
}

const changed = (column: readonly AdjustedTarget[], measure: TargetCheck['measure'], direction: -1 | 1) =>
  column.filter((check) => check.measure === measure && directionOf(check) === direction);

function anySentence(any: AdjustedTarget, own: string, other: string): string {
  const yes = yesOf(any);
  const p = any.adjusted === null ? '' : `; ${pValue(any.adjusted)} by Holm`;
  return (
    `Some attack succeeds on ${yes.own} of ${any.paired} behaviors with ${own}, on ${yes.beside} with ${other} ` +
    `(${differenceWords(any)} points${p}).`
  );
}

/** "13 of 30, 43%" */
export const yesWords = (yes: number, paired: number): string =>
  `${yes} of ${paired}, ${percent(yes / paired)}`;

/** What is compared, as a row of a table names it. */
export const targetRowName = ({ measure, attack = '', mode }: TargetCheck, name: Names): string =>
  measure === 'success'
    ? `${name(attack)}${mode ? `, ${mode}` : ''}`
    : measure === /* @wc-ignore */ 'any attack'
      ? 'Any of the attacks'
      : { 'over-refusal': 'Over-refusal', utility: 'Utility' }[measure];

/** Whether both models were sent the same text; `''` for requests without an attack. */
export function promptWords({ samePrompts, paired }: TargetCheck): string {
  if (samePrompts === undefined) return '';
  if (samePrompts >= paired) return 'the same for both';
  return samePrompts === 0 ? 'made for each' : `${samePrompts} of ${paired} the same`;
}
