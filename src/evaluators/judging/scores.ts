/** @file Scores from the verdicts of a judge. */
import { excerpt } from '../../core/excerpt.ts';
import { unscored, type Score } from '../evaluator.ts';
import type { Verdict } from './judge.ts';

const reasons: Readonly<Record<NonNullable<Verdict<string>['undecided']>, string>> = {
  unreadable: 'The reply of the judge holds no verdict',
  'off-label': 'The judge would hardly answer with any of the labels',
  'too-long': 'The question is too long for the judge.',
  tie: 'Two labels are equally likely.',
};

/** The score of an answer on which the judge has no verdict. */
export function undecidedScore({ undecided = 'unreadable', reply, mass }: Verdict<string>): Score {
  const detail =
    reply === undefined
      ? mass !== undefined && undecided === 'off-label'
        ? ` (${mass.toPrecision(2)} together).`
        : ''
      : `: "${excerpt(reply, 160)}".`;
  return unscored(undecided, `${reasons[undecided]}${detail}`);
}

const described = <L extends string>({ label, shares, mass, reply }: Verdict<L>): string =>
  mass === undefined
    ? `The judge writes "${excerpt(reply ?? '', 160)}".`
    : `The judge gives "${label}" a probability of ${shares![label!].toFixed(3)} among the labels, which have ${mass.toFixed(3)} together.`;

/**
 * @param values what each label is worth, in [0, 1]
 * @param names the label of the score for each, where it is another word
 * @param weigh `expected`: the mean over the labels by their probabilities; `likeliest`: the value of the likeliest, for
 *   ratings of which only one counts as yes
 */
export function scoreOf<L extends string>(
  verdict: Verdict<L>,
  values: Readonly<Record<L, number>>,
  {
    names,
    weigh = 'expected',
  }: {
    readonly names?: Readonly<Partial<Record<L, string>>>;
    readonly weigh?: 'expected' | 'likeliest';
  } = {},
): Score {
  const { label, shares, mass } = verdict;
  if (label === null || shares === undefined) return undecidedScore(verdict);
  const labels = Object.keys(values) as L[];
  const expected = labels.reduce((sum, name) => sum + shares[name] * values[name], 0);
  return {
    value: weigh === 'likeliest' ? values[label] : Math.min(1, Math.max(0, expected)),
    label: names?.[label] ?? label,
    explanation: described(verdict),
    ...(mass !== undefined && { figures: { ...shares, mass } }),
  };
}
