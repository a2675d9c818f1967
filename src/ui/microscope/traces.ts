/** @file What the microscope reads from the tokens of an answer. Pure. */
import { byteOrderMark, csvRow } from '../../lab/records/export.ts';
import { tokenKey } from '../format.ts';
import type { TokenOption, TokenTrace } from '../types.ts';

/** Index of the first token that the policy left alone after it had acted, or `null`. */
export function handedBackAt(tokens: readonly TokenTrace[]): number | null {
  const last = tokens.findLastIndex(({ policy }) => policy !== undefined);
  return last >= 0 && last + 1 < tokens.length ? last + 1 : null;
}

/** Index of the first token in which two answers differ, or `null` when one goes on as the other. */
export function partAt(a: readonly TokenTrace[], b: readonly TokenTrace[]): number | null {
  const shared = Math.min(a.length, b.length);
  for (let index = 0; index < shared; index++) if (tokenKey(a[index]!) !== tokenKey(b[index]!)) return index;
  return null;
}

/** One candidate for a place in the answer. */
export interface Alternative {
  readonly id: number | null;
  readonly text: string;
  /** Nats under each distribution; `null` where it is not among the recorded ones. */
  readonly merged: number | null;
  readonly base: number | null;
  readonly companions: readonly (number | null)[];
}

/** The alternatives to a token: at most `count`, likeliest first; the token that was taken is always among them. */
export function alternativesOf(token: TokenTrace, count: number): readonly Alternative[] {
  const { policy } = token;
  const lists = [token.top, ...(policy ? [policy.base, ...policy.companions] : [])];
  const taken = tokenKey(token);
  const options = new Map(lists.flat().map((option) => [tokenKey(option), option]));
  if (!options.has(taken)) options.set(taken, token);
  const nats = (list: readonly TokenOption[], key: number | string) =>
    list.find((option) => tokenKey(option) === key)?.logProb ?? null;
  const all = [...options].map(([key, { id, text }]): Alternative => {
    const merged = key === taken ? token.logProb : nats(token.top, key);
    return {
      id,
      text,
      merged,
      base: policy ? nats(policy.base, key) : merged,
      companions: policy?.companions.map((list) => nats(list, key)) ?? [],
    };
  });
  const rank = ({ merged, base }: Alternative) => merged ?? (base === null ? -Infinity : base - 1000);
  const ranked = all.toSorted((a, b) => rank(b) - rank(a));
  const shown = ranked.slice(0, count);
  const own = ranked.find((one) => tokenKey(one) === taken)!;
  return shown.includes(own) ? shown : [...shown.slice(0, -1), own];
}

/** Place of the taken token among the likeliest, from 1; `null` when it is not among the recorded ones. */
export function rankOf(token: TokenTrace): number | null {
  const place = token.top.findIndex((option) => tokenKey(option) === tokenKey(token));
  return place < 0 ? null : place + 1;
}

const columns = [
  'position',
  'id',
  'text',
  'log_prob_nats',
  'probability',
  'entropy_nats',
  'kl_from_base_nats',
  'policy',
  'base_log_prob_nats',
  'companion_log_prob_nats',
] as const;

/** A table for spreadsheets, one row per token; what was not recorded is empty. */
export function tokensCsv(tokens: readonly TokenTrace[]): string {
  const rows = tokens.map((token, index) => {
    const { id, text, logProb, entropy, policy } = token;
    const under = (list: readonly TokenOption[] | undefined) =>
      list?.find((option) => tokenKey(option) === tokenKey(token))?.logProb ?? '';
    return [
      index + 1,
      id ?? '',
      text,
      logProb,
      Math.exp(logProb),
      entropy ?? '',
      policy?.divergence ?? '',
      policy?.id ?? '',
      under(policy?.base),
      under(policy?.companions[0]),
    ];
  });
  return byteOrderMark + [columns, ...rows].map(csvRow).join('');
}

/** Indexes `[from, to)` of the cells to draw: those in sight and a few on either side. */
export function inSight(
  { scrolled, width, cellWidth }: { scrolled: number; width: number; cellWidth: number },
  count: number,
  beyond = 4,
): readonly [from: number, to: number] {
  const first = Math.floor(scrolled / cellWidth);
  const last = Math.ceil((scrolled + width) / cellWidth);
  return [Math.max(0, Math.min(first, count) - beyond), Math.min(count, last + beyond)];
}
