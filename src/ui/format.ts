/** @file Numbers and names as a reader sees them. Every function is pure. */
import type { TrialKey } from '../lab/records.ts';

/** A share in [0, 1] as a whole percentage. */
export const percent = (share: number): string => `${Math.round(share * 100)}%`;

/** A 95% interval of a share: `18–57%`. */
export const interval = ([low, high]: readonly [number, number]): string =>
  `${Math.round(low * 100)}–${percent(high)}`;

/** A probability from its log in nats, with one decimal, and honest at both ends. */
export function probability(logProb: number): string {
  const share = Math.exp(logProb);
  if (share > 0 && share < 0.001) return '<0.1%';
  if (share < 1 && share > 0.999) return '>99.9%';
  return `${(share * 100).toFixed(1)}%`;
}

const byteUnits = ['B', 'kB', 'MB', 'GB'] as const;
/** Decimal units, as storage is sold. */
export function bytes(count: number): string {
  const power = Math.min(byteUnits.length - 1, count < 1 ? 0 : Math.floor(Math.log10(count) / 3));
  const value = count / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${byteUnits[power]}`;
}

export function duration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 0.95) return `${Math.round(ms)} ms`;
  if (seconds < 59.5) return `${seconds < 9.95 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const minutes = Math.floor(Math.round(seconds) / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds) % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A time that something takes more or less than before: `+1.2 s`, `−30 ms`. */
export const addedDuration = (ms: number): string =>
  `${Math.round(ms) === 0 ? '±' : ms > 0 ? '+' : '−'}${duration(Math.abs(ms))}`;

/** How many times as much: `1.08×`. */
export const ratio = (value: number): string => `${value.toFixed(value < 9.95 ? 2 : 0)}×`;

/** A probability of chance as it is reported: `p = 0.002`, `p < 0.001`. */
export const pValue = (p: number): string =>
  p < 0.001 ? 'p < 0.001' : `p = ${p < 0.1 ? p.toFixed(3) : p.toFixed(2)}`;

/** A number that is more or less than before: `+1.0`, `−0.4`, `±0.0`. */
export const signed = (value: number): string =>
  `${Math.abs(value) < 0.05 ? '±' : value > 0 ? '+' : '−'}${Math.abs(value).toFixed(1)}`;

export const count = (value: number): string => value.toLocaleString('en-US');

/** `1 trial`, `2 trials`. */
export const plural = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`;

/** A name of the code as a label: `maxNewTokens` as `Max new tokens`. */
export const words = (name: string): string =>
  name
    .replace(/([A-Z])/g, ' $1')
    .replace(/^./, (first) => first.toUpperCase())
    .replace(/(?<=\s)[A-Z](?=[a-z])/g, (letter) => letter.toLowerCase());

/** Names joined as in a sentence: `a, b and c`. */
export const list = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;

/** A token on one line, with its white space made visible. */
export const visibleToken = (text: string): string =>
  text === '' ? '∅' : text.replaceAll(' ', '␣').replaceAll('\n', '⏎').replaceAll('\t', '⇥');

/** One string a trial, for keyed lists and look-ups. */
export const trialId = ({ model, behavior, attack, defense }: TrialKey): string =>
  JSON.stringify([model, behavior, attack, defense]);
