/** @file What became of the trials behind a rate, in words, for tables, pages and the command line. */
import { interval, percent } from '../../core/format.ts';
import type { AnswerRate } from '../records/summary.ts';

type Counted = Pick<AnswerRate, 'n' | 'answers'>;

/** What its answers lack, `30 of 30 empty, 2 of 30 truncated`; empty where nothing is amiss, or not told. */
export function answerFaults({ n, answers }: Counted): string {
  if (!answers) return '';
  const counts = [
    [answers.empty, /* @wc-include */ 'empty'],
    [answers.failed, /* @wc-include */ 'failed'],
    [answers.undecided, /* @wc-include */ 'undecided'],
    [answers.truncated, /* @wc-include */ 'truncated'],
  ] as const;
  return counts.flatMap(([count, what]) => (count > 0 ? [`${count} of ${n} ${what}`] : [])).join(', ');
}

/** The rate over scored answers alone, where it has another denominator than the rate beside it; else empty. */
export function conditionalWords({ answers }: Counted): string {
  if (!answers || answers.empty + answers.failed === 0) return '';
  const { rate, interval: bounds, scored } = answers.conditional;
  return rate === null || bounds === null
    ? 'no answer was scored'
    : `${percent(rate)} (${interval(bounds)}) of the ${scored} answers that were scored`;
}

/** Least and greatest rate that the undecided answers allow; empty where all were decided. */
export const boundsWords = ({ answers }: Counted): string =>
  answers && answers.undecided > 0 ? `${interval(answers.bounds)} whatever the undecided are` : '';

/** All of the above, for a title or a sentence. */
export const answerWords = (rate: Counted): string =>
  [answerFaults(rate), conditionalWords(rate), boundsWords(rate)].filter((part) => part !== '').join('; ');
