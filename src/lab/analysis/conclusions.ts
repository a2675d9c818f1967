/** @file The conclusions that a table allows, in sentences: only differences that a paired test tells, adjusted for all in the table. */
import { interval, list, percent } from '../../core/format.ts';
import { modeOf } from '../plan/attack-mode.ts';
import { undefended } from '../plan/plan.ts';
import { directionOf, type AdjustedCheck } from './pairs.ts';
import type { RateTable } from './rate-table.ts';

/** What rates, over-refusal and utility have in common. */
interface MaybeRate {
  readonly rate: number | null;
  readonly interval: readonly [number, number] | null;
}
interface KnownRate {
  readonly rate: number;
  readonly interval: readonly [number, number];
}
const knownRate = (of: MaybeRate | null | undefined): KnownRate | null =>
  of?.rate != null && of.interval ? { rate: of.rate, interval: of.interval } : null;

/** `1`: the cell has significantly more yes than what it is compared with; `-1`: fewer; `0`: not told. */
function direction(table: RateTable, cell: Partial<AdjustedCheck>): -1 | 0 | 1 {
  const check = table.checks.find((one) =>
    Object.entries({ ...cell, mode: modeOf(cell) }).every(
      ([field, value]) => (field === 'mode' ? modeOf(one) : one[field as keyof AdjustedCheck]) === value,
    ),
  );
  return check ? directionOf(check) : 0;
}

const rateText = (value: KnownRate): string => `${percent(value.rate)} (${interval(value.interval)})`;

/**
 * Up to four sentences: the strongest attack, the best defense, defenses that backfire, the costliest side effect.
 * @param baseline id of the attack with which the others are compared: the direct request
 */
export function conclusions(
  table: RateTable,
  name: (id: string) => string,
  baseline = 'direct-request',
): readonly string[] {
  const sentences = [
    strongestAttack(table, name, baseline),
    bestDefense(table, name),
    backfire(table, name),
    sideEffect(table, name),
  ];
  const supported = sentences.filter((sentence) => sentence !== null);
  if (supported.length > 0) return supported;
  const started = table.rows.flatMap(({ cells }) => cells).filter(({ cell }) => cell !== null).length;
  if (started === 0) return [];
  return [
    started === 1
      ? 'Not enough cells to compare yet.'
      : 'So far no difference is significant: all comparisons of the table are tested together.',
  ];
}

function strongestAttack(table: RateTable, name: (id: string) => string, baseline: string): string | null {
  const open = table.rows.map(({ attack, cells }) => ({
    attack,
    rate: knownRate(cells.find(({ defense }) => defense === undefended)?.cell),
  }));
  const plain = open.find(({ attack }) => attack === baseline)?.rate ?? null;
  const above = open
    .filter(({ attack }) => direction(table, { measure: 'success', attack, defense: undefended }) === 1)
    .sort((a, b) => b.rate!.rate - a.rate!.rate);
  const [first] = above;
  if (!first || !plain) return null;
  const best = rateText(first.rate!);
  const equals = above.filter(({ rate }) => rateText(rate!) === best).map(({ attack }) => name(attack));
  return equals.length === 1
    ? `Undefended, ${list(equals)} succeeds in ${best} of attempts; asking plainly in ${rateText(plain)}.`
    : `Undefended, ${list(equals)} succeed in ${best} of attempts; asking plainly in ${rateText(plain)}.`;
}

/** Each defense with the attacks whose rate under it differs from the undefended rate in one direction. */
const effects = (table: RateTable, wanted: -1 | 1) =>
  table.columns.flatMap(({ defense }) => {
    if (defense === undefended) return [];
    const changed = table.rows.filter(({ attack, cells }) => {
      const mode = modeOf(cells.find((cell) => cell.defense === defense)?.cell ?? {});
      return direction(table, { measure: 'success', attack, defense, mode }) === wanted;
    });
    return [{ defense, attacks: changed.map(({ attack }) => attack) }];
  });

function bestDefense(table: RateTable, name: (id: string) => string): string | null {
  const lowered = effects(table, -1);
  const most = Math.max(0, ...lowered.map(({ attacks }) => attacks.length));
  if (most === 0) return null;
  const best = lowered.filter(({ attacks }) => attacks.length === most);
  const [only] = best;
  if (best.length === 1 && only)
    return `${name(only.defense)} clearly lowers ${list(only.attacks.map(name))}.`;
  return `${list(best.map(({ defense }) => name(defense)))} each clearly lower ${most} of ${table.rows.length} attacks.`;
}

function backfire(table: RateTable, name: (id: string) => string): string | null {
  const worse = effects(table, 1).filter(({ attacks }) => attacks.length > 0);
  const clauses = worse.map(({ defense, attacks }) => `${name(defense)} raises ${list(attacks.map(name))}`);
  return clauses.length === 0 ? null : `Beware: ${list(clauses)}.`;
}

function sideEffect(table: RateTable, name: (id: string) => string): string | null {
  const open = knownRate(table.columns.find(({ defense }) => defense === undefended)?.overRefusal);
  const dearest = table.columns
    .map(({ defense, overRefusal }) => ({ defense, rate: knownRate(overRefusal) }))
    .filter(({ defense }) => direction(table, { measure: 'over-refusal', defense }) === 1)
    .sort((a, b) => b.rate!.rate - a.rate!.rate)[0];
  if (!dearest || !open) return null;
  return `${name(dearest.defense)} has a price: it refuses ${rateText(dearest.rate!)} of harmless look-alikes, the bare model ${rateText(open)}.`;
}
