/** @file Numbers and names as a reader of a page sees them, in the language of the page. Every function is pure. */
import { count, percent } from '../core/format.ts';

export {
  addedDuration,
  amount,
  bytes,
  count,
  countOrUnknown,
  decimals,
  duration,
  interval,
  list,
  percent,
  pValue,
  ratio,
} from '../core/format.ts';

/** The form for one thing or for several, with the number in place of `#`: `['# trial', '# trials']`. */
export const plural = (
  value: number,
  forms: readonly string[],
  formOf = (number: number): number => (number === 1 ? 0 : 1),
): string => (forms[formOf(value)] ?? '').replace('#', count(value));

/** A probability from its log in nats, with one decimal, and honest at both ends. */
export function probability(logProb: number): string {
  const share = Math.exp(logProb);
  if (share > 0 && share < 0.001) return `<${percent(0.001, 1)}`;
  if (share < 1 && share > 0.999) return `>${percent(0.999, 1)}`;
  return percent(share, 1);
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
