/** @file Numbers and names as a reader of a page sees them; those of reports as well. Every function is pure. */
export {
  addedDuration,
  amount,
  bytes,
  count,
  countOrUnknown,
  duration,
  interval,
  list,
  percent,
  plural,
  pValue,
  ratio,
} from '../core/format.ts';

/** A probability from its log in nats, with one decimal, and honest at both ends. */
export function probability(logProb: number): string {
  const share = Math.exp(logProb);
  if (share > 0 && share < 0.001) return '<0.1%';
  if (share < 1 && share > 0.999) return '>99.9%';
  return `${(share * 100).toFixed(1)}%`;
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
