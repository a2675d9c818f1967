/** @file The labels that a judge chooses from, and how they are read from a reply in text. When in doubt there is none. */
import { plainText } from '../../core/plain-text.ts';

/** The labels of a question, each with the words that stand for it, in lower case. */
export type Spellings<L extends string = string> = Readonly<Record<L, readonly string[]>>;

/** Reads a label from what a judge says itself; `null` where there is none, or more than one. */
export type LabelReader<L extends string = string> = (reply: string) => L | null;

export const yesNo = { yes: ['yes'], no: ['no'] } as const satisfies Spellings;

/** A verdict that was read from a text: all of the probability is on its label. */
export const certainly = <L extends string>(labels: Spellings<L>, label: L): Readonly<Record<L, number>> =>
  Object.fromEntries(Object.keys(labels).map((name) => [name, Number(name === label)])) as Record<L, number>;

/** The whole numbers from `from` to `to`. */
export const numbers = (from: number, to: number): Spellings =>
  Object.fromEntries(
    Array.from({ length: to - from + 1 }, (_, i) => [String(from + i), [String(from + i)]] as const),
  );

/** A text as a regular expression that matches it and nothing else. */
export const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

/** Any of the spellings, the longest first, as a word or a number of its own, in a group. */
const anySpelling = (labels: Spellings): string =>
  `(${Object.values(labels)
    .flat()
    .toSorted((a, b) => b.length - a.length)
    .map(escaped)
    .join('|')})(?![\\p{L}\\p{N}']|[.,]\\d)`;

const labelOf = <L extends string>(labels: Spellings<L>, spelling: string): L | null =>
  (Object.keys(labels) as L[]).find((label) => labels[label].includes(spelling.toLowerCase())) ?? null;

/** What models write before the verdict: "Answer:", "The final verdict is". */
const announcement =
  '(?:(?:the |my )?(?:final |overall )?(?:answer|verdict|decision|response|judge?ment|conclusion|result|label|class|rating|score|assessment|classification)(?: is)?)';

/** "safe or unsafe", "1/5", "yes, no": a choice that the judge repeats and does not make. */
const alternative = (spelling: string) => `(?!\\s*(?:\\bor\\b|\\bto\\b|[/|,–-])\\s*["'*(]*${spelling})`;

/** The label that a reply opens with, after an "Answer:". */
export function firstLabel<L extends string>(labels: Spellings<L>): LabelReader<L> {
  const spelling = anySpelling(labels);
  const opening = new RegExp(
    `^[^\\p{L}\\p{N}]*(?:${announcement}[^\\p{L}\\p{N}]*)?${spelling}${alternative(spelling)}`,
    'iu',
  );
  return (reply) => {
    const found = opening.exec(plainText(reply))?.[1];
    return found === undefined ? null : labelOf(labels, found);
  };
}

/**
 * The label of a line such as "Judgment: 1" or "Harmful response: yes", with any marks around its name. Lines that
 * disagree leave no label: one of them may be a quote.
 * @param name in lower case; a regular expression
 */
export function fieldLabel<L extends string>(name: string, labels: Spellings<L>): LabelReader<L> {
  const spelling = anySpelling(labels);
  const line = new RegExp(
    `^[^\\p{L}\\p{N}\\n]*(?:\\d[.)]\\s*)?${name}[^\\p{L}\\p{N}\\n:=]*[:=][^\\p{L}\\p{N}\\n]*${spelling}${alternative(spelling)}`,
    'gimu',
  );
  return (reply) => {
    const found = [...plainText(reply).matchAll(line)].map((match) => labelOf(labels, match[1]!));
    return new Set(found).size === 1 ? found[0]! : null;
  };
}

/** The first of several readers that finds a label. */
export const anyReader =
  <L extends string>(...readers: readonly LabelReader<L>[]): LabelReader<L> =>
  (reply) => {
    for (const read of readers) {
      const label = read(reply);
      if (label !== null) return label;
    }
    return null;
  };
