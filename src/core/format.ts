/** @file Numbers and names formatted for readers. Every function is pure. */

/**
 * How numbers are written: in English, for reports, records and the command line. On a page they are in its language, as its
 * text is (scripts/messages/files.ts).
 */
const numerals = {
  /** As `Intl` takes it. */
  locale: (): string => /* @wc-include */ 'en-US',
  decimalMark: (): string => /* @wc-include */ '.',
  /** Behind a percentage, with the space before it. */
  percentSign: (): string => /* @wc-include */ '%',
};

const byteUnits = ['B', 'kB', 'MB', 'GB'] as const;

/** With so many digits behind the decimal mark. */
export const decimals = (value: number, digits: number): string =>
  value.toFixed(digits).replace('.', numerals.decimalMark());

/** A share in [0, 1] as a percentage, whole unless digits are asked for. */
export const percent = (share: number, digits = 0): string =>
  `${digits === 0 ? Math.round(share * 100) : decimals(share * 100, digits)}${numerals.percentSign()}`;

/** A 95% interval of a share: `18–57%`. */
export const interval = ([low, high]: readonly [number, number]): string =>
  `${Math.round(low * 100)}–${percent(high)}`;

export function duration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 0.95) return `${Math.round(ms)} ms`;
  if (seconds < 59.5) return `${seconds < 9.95 ? decimals(seconds, 1) : Math.round(seconds)} s`;
  const minutes = Math.floor(Math.round(seconds) / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds) % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A difference of durations: `+1.2 s`, `−30 ms`. */
export const addedDuration = (ms: number): string =>
  `${Math.round(ms) === 0 ? '±' : ms > 0 ? '+' : '−'}${duration(Math.abs(ms))}`;

/** A ratio: `1.08×`. */
export const ratio = (value: number): string => `${decimals(value, value < 9.95 ? 2 : 0)}×`;

export const count = (value: number): string => value.toLocaleString(numerals.locale());

/** An amount with about three digits: `1,234`, `12.3`, `0.25`. */
export const amount = (value: number): string =>
  value.toLocaleString(numerals.locale(), {
    maximumFractionDigits: Math.abs(value) >= 99.5 ? 0 : Math.abs(value) >= 9.95 ? 1 : 2,
  });

/** A probability of chance as it is reported: `p = 0.002`, `p < 0.001`. */
export const pValue = (p: number): string =>
  p < 0.001 ? `p < ${decimals(0.001, 3)}` : `p = ${decimals(p, p < 0.1 ? 3 : 2)}`;

/** Decimal units, as storage is sold. */
export function bytes(size: number): string {
  const power = Math.min(byteUnits.length - 1, size < 1 ? 0 : Math.floor(Math.log10(size) / 3));
  const value = size / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : decimals(value, 1)} ${byteUnits[power]}`;
}

/** `1,234`, or `unknown` for what was not counted. */
export const countOrUnknown = (value: number | null): string =>
  value === null ? /* @wc-include */ 'unknown' : count(value);

/** A difference of shares in percentage points, with its sign: `+12`, `−3`, `0`. */
export function points(difference: number): string {
  const value = Math.round(difference * 100);
  return value === 0 ? '0' : `${value > 0 ? '+' : '−'}${Math.abs(value)}`;
}

/** `1 trial`, `2 trials`. */
export const plural = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`;

/** Names joined for a sentence: `a, b and c`. */
export const list = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
