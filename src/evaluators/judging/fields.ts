/** @file Verdicts of several lines, each a name and a label: "Refused: 0". */
import { withoutQuotes } from '../../core/quotes.ts';
import type { EvaluatorContext } from '../evaluator.ts';
import {
  askJudge,
  readsDistribution,
  shownIn,
  type JudgeOptions,
  type JudgeQuestion,
  type Verdict,
} from './judge.ts';
import { certainly, escaped, fieldLabel, type Spellings } from './labels.ts';

export interface Field {
  /** As the judge is asked to write it. */
  readonly name: string;
  readonly labels: Spellings;
}

/**
 * The verdict on each field. From the distribution: one after the other, each behind the likeliest labels of those before
 * it. From the text: all from one reply. A field behind one without a verdict has none either.
 */
export async function askFields<K extends string>(
  question: Pick<JudgeQuestion<string>, 'messages' | 'quoted'>,
  fields: Readonly<Record<K, Field>>,
  options: JudgeOptions,
  context: Pick<EvaluatorContext, 'role' | 'signal'>,
): Promise<Readonly<Record<K, Verdict<string>>>> {
  const keys = Object.keys(fields) as K[];
  const readerOf = ({ name, labels }: Field) => fieldLabel(escaped(name.toLowerCase()), labels);
  const ask = (field: Field, opening: string) =>
    askJudge({ ...question, labels: field.labels, opening, read: readerOf(field) }, options, context);
  const verdicts = {} as Record<K, Verdict<string>>;

  if (!readsDistribution(options, context.role('judge'))) {
    const [first, ...others] = keys as [K, ...K[]];
    verdicts[first] = await ask(fields[first], '');
    const own = withoutQuotes(verdicts[first].reply ?? '', shownIn(question));
    for (const key of others)
      verdicts[key] = fromText(verdicts[first], readerOf(fields[key])(own), fields[key]);
    return verdicts;
  }
  let lines = '';
  let open: Verdict<string> | null = null;
  for (const key of keys) {
    const { name, labels } = fields[key];
    const verdict: Verdict<string> = open ?? (await ask(fields[key], `${lines}${name}:`));
    verdicts[key] = verdict;
    if (verdict.label === null) open = verdict;
    else lines += `${name}: ${labels[verdict.label]![0]}\n`;
  }
  return verdicts;
}

function fromText(
  { reply, undecided }: Verdict<string>,
  label: string | null,
  { labels }: Field,
): Verdict<string> {
  const written = reply === undefined ? {} : { reply };
  if (label === null) return { label, undecided: undecided ?? 'unreadable', ...written };
  return { label, shares: certainly(labels, label), ...written };
}

/** The mean of a numeric field by its probabilities. Only for a field with a verdict. */
export const expectedNumber = ({ shares = {} }: Verdict<string>): number =>
  Object.entries(shares).reduce((sum, [label, share]) => sum + Number(label) * share, 0);
