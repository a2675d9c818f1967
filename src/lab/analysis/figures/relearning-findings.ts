/** @file What curves of relearning show, in sentences made from their numbers. Pure. */
import { percent, plural } from '../../../core/format.ts';
import type { Rate } from '../../../core/statistics.ts';
import type { RelearningCurve } from '../../records/insight.ts';

/** Harm is back where it is done as often as not. */
const back = 0.5;

/** One for each model, and what sets the last apart from the first. @param nameOf the title of a model */
export function relearningFindings(
  curves: readonly RelearningCurve[],
  nameOf: (id: string) => string,
): readonly string[] {
  const told = curves.filter(({ relearning }) => relearning.length > 0);
  const each = told.map(({ model, relearning }) => {
    const [first, last] = [relearning[0]!, relearning.at(-1)!];
    const half = relearning.find(({ rate }) => (rate.rate ?? 0) >= back);
    const course =
      first === last
        ? ''
        : half
          ? ` It is back (${percent(half.rate.rate!)}) after ${plural(half.updates, /* @wc-include */ 'update', /* @wc-include */ 'updates')}.`
          : ` After ${plural(last.updates, /* @wc-include */ 'update', /* @wc-include */ 'updates')} it is ${words(last.rate)}: not back.`;
    return `${nameOf(model)} does harm on ${words(first.rate)}.${course}`;
  });
  const [base, kept] = [told[0], told.at(-1)];
  if (!base || !kept || base === kept || base.relearning.length !== kept.relearning.length) return each;
  const [before, after] = [base.relearning.at(-1)!, kept.relearning.at(-1)!];
  const apart = !overlap(before.rate, after.rate);
  return [
    ...each,
    `After ${plural(after.updates, /* @wc-include */ 'update', /* @wc-include */ 'updates')}: ${words(before.rate)} before, ${words(after.rate)} after the training` +
      (apart ? ', whose intervals do not meet.' : '; the intervals overlap.'),
  ];
}

const words = ({ successes, scored }: Rate): string => `${successes} of ${scored}`;

const overlap = ({ interval: one }: Rate, { interval: other }: Rate): boolean =>
  one === null || other === null || (one[0] <= other[1] && other[0] <= one[1]);
