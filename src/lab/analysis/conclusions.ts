/** @file What a table shows, in sentences. Only differences whose 95% intervals do not overlap are claimed. */
import { interval, list, percent } from '../../core/format.ts';
import { undefended } from '../plan/plan.ts';
import type { RateTable } from './rate-table.ts';

/** A share with its interval; what rates, over-refusal and utility have in common. */
interface Measured {
  readonly rate: number | null;
  readonly interval: readonly [number, number] | null;
}
interface Known {
  readonly rate: number;
  readonly interval: readonly [number, number];
}
const known = (measured: Measured | null | undefined): Known | null =>
  measured?.rate != null && measured.interval ? { rate: measured.rate, interval: measured.interval } : null;

const isBelow = (a: Known | null, b: Known | null): boolean =>
  a !== null && b !== null && a.interval[1] < b.interval[0];
const written = (value: Known): string => `${percent(value.rate)} (${interval(value.interval)})`;

/**
 * Up to four sentences: the strongest attack, the best defense, defenses that backfire, the dearest side effect.
 * @param baseline id of the attack that asks plainly, against which the others are compared
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
  const found = sentences.filter((sentence) => sentence !== null);
  if (found.length > 0) return found;
  const started = table.rows.some(({ cells }) => cells.some(({ cell }) => cell !== null));
  return started ? ['So far no difference is larger than its uncertainty.'] : [];
}

function strongestAttack(table: RateTable, name: (id: string) => string, baseline: string): string | null {
  const open = table.rows.map(({ attack, cells }) => ({
    attack,
    rate: known(cells.find(({ defense }) => defense === undefended)?.cell),
  }));
  const plain = open.find(({ attack }) => attack === baseline)?.rate ?? null;
  const above = open.filter(({ rate }) => isBelow(plain, rate)).sort((a, b) => b.rate!.rate - a.rate!.rate);
  const [first] = above;
  if (!first || !plain) return null;
  const best = written(first.rate!);
  const equals = above.filter(({ rate }) => written(rate!) === best).map(({ attack }) => name(attack));
  return `Undefended, ${list(equals)} ${equals.length === 1 ? 'succeeds' : 'succeed'} in ${best} of attempts; asking plainly in ${written(plain)}.`;
}

type Compare = (defended: Known | null, open: Known | null) => boolean;

/** Each defense with the attacks whose rate under it differs from the undefended rate as `compare` says. */
const effects = (table: RateTable, compare: Compare) =>
  table.columns.flatMap(({ defense }, column) => {
    if (defense === undefended) return [];
    const changed = table.rows.filter(({ cells }) =>
      compare(known(cells[column]?.cell), known(cells.find((cell) => cell.defense === undefended)?.cell)),
    );
    return [{ defense, attacks: changed.map(({ attack }) => attack) }];
  });

function bestDefense(table: RateTable, name: (id: string) => string): string | null {
  const lowered = effects(table, isBelow);
  const most = Math.max(0, ...lowered.map(({ attacks }) => attacks.length));
  if (most === 0) return null;
  const best = lowered.filter(({ attacks }) => attacks.length === most);
  const [only] = best;
  if (best.length === 1 && only)
    return `${name(only.defense)} clearly lowers ${list(only.attacks.map(name))}.`;
  return `${list(best.map(({ defense }) => name(defense)))} each clearly lower ${most} of ${table.rows.length} attacks.`;
}

function backfire(table: RateTable, name: (id: string) => string): string | null {
  const worse = effects(table, (defended, open) => isBelow(open, defended)).filter(
    ({ attacks }) => attacks.length > 0,
  );
  const said = worse.map(({ defense, attacks }) => `${name(defense)} raises ${list(attacks.map(name))}`);
  return said.length === 0 ? null : `Beware: ${list(said)}.`;
}

function sideEffect(table: RateTable, name: (id: string) => string): string | null {
  const open = known(table.columns.find(({ defense }) => defense === undefended)?.overRefusal);
  const dearest = table.columns
    .map(({ defense, overRefusal }) => ({ defense, rate: known(overRefusal) }))
    .filter(({ rate }) => isBelow(open, rate))
    .sort((a, b) => b.rate!.rate - a.rate!.rate)[0];
  if (!dearest || !open) return null;
  return `${name(dearest.defense)} has a price: it refuses ${written(dearest.rate!)} of harmless look-alikes, the bare model ${written(open)}.`;
}
