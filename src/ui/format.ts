/** @file Numbers and names as a reader of a page sees them, in the language of the page. Every function is pure. */
import { formatsOf, type Numerals } from '../core/format.ts';
import { language, type Language } from './language/language.ts';

const numerals: Readonly<Record<Language, Numerals>> = {
  en: { locale: 'en-US', decimalMark: '.', percentSign: '%' },
  de: { locale: 'de-DE', decimalMark: ',', percentSign: '\u00a0%' },
};

export const { addedDuration, amount, bytes, count, decimals, duration, interval, percent, pValue, ratio } =
  formatsOf(numerals[language]);

/** `1,234`, or `unknown` for what was not counted. */
export const countOrUnknown = (value: number | null): string =>
  value === null ? /* @wc-include */ 'unknown' : count(value);

/** The form for one thing or for several, with the number in place of `#`: `['# trial', '# trials']`. */
export const plural = (
  value: number,
  forms: readonly string[],
  formOf = (number: number): number => (number === 1 ? 0 : 1),
): string => (forms[formOf(value)] ?? '').replace('#', count(value));

/** Names joined for a sentence: `a, b and c`. */
export const list = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;

/** A probability from its log in nats, with one decimal, and honest at both ends. */
export function probability(logProb: number): string {
  const share = Math.exp(logProb);
  const { percentSign } = numerals[language];
  if (share > 0 && share < 0.001) return `<${decimals(0.1, 1)}${percentSign}`;
  if (share < 1 && share > 0.999) return `>${decimals(99.9, 1)}${percentSign}`;
  return `${decimals(share * 100, 1)}${percentSign}`;
}

/** A name of the code as a label: `maxNewTokens` as `Max new tokens`. */
export const words = (name: string): string =>
  name
    .replace(/([A-Z])/g, ' $1')
    .replace(/^./, (first) => first.toUpperCase())
    .replace(/(?<=\s)[A-Z](?=[a-z])/g, (letter) => letter.toLowerCase());

/** Tells the tokens of a place apart: by id, or by text where a server tells no ids. */
export const tokenKey = ({
  id,
  text,
}: {
  readonly id: number | null;
  readonly text: string;
}): number | string => id ?? text;

/** A token on one line, with its white space made visible. */
export const visibleToken = (text: string): string =>
  text === '' ? '∅' : text.replaceAll(' ', '␣').replaceAll('\n', '⏎').replaceAll('\t', '⇥');
