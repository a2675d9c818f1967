/** @file What a search found of its candidates, in words. Pure. */
import type { SearchSummary } from '../../lab/records/summary.ts';
import type { TrialRecord } from '../../lab/records/trial.ts';
import { list, plural } from '../format.ts';

type SearchOutcomes = NonNullable<TrialRecord['attackResult']['outcomes']>;

const decided: Readonly<Record<SearchOutcomes['test'], string>> = {
  canary: 'the canary decided',
  judge: 'the judge decided',
  guard: 'the guard decided',
  words: 'the words of the answers alone decided',
};

type Counts = Pick<SearchSummary, 'checked' | 'answered' | 'falseSuccesses' | 'unjudged'>;

const countWords = ({ checked, answered, falseSuccesses, unjudged }: Counts): string =>
  [
    `It tested ${plural(checked, ['# answer', '# answers'])} and took ${answered} for a success`,
    ...(falseSuccesses > 0 ? [`${falseSuccesses} passed by their words and were turned down`] : []),
    ...(unjudged > 0 ? [`on ${unjudged} the judge could not be read`] : []),
  ].join('; ');

/** Of one search, ways of asking that were answered included. */
export function outcomeWords({ test, variants = {}, controls = {}, ...counts }: SearchOutcomes): string {
  const named = (tallies: NonNullable<SearchOutcomes['variants']>) =>
    Object.entries(tallies).flatMap(([name, { answered }]) => (answered > 0 ? [name] : []));
  const [ways, answeredControls] = [named(variants), named(controls)];
  return [
    `${countWords(counts)}; ${decided[test]}.`,
    ...(ways.length > 0 ? [`Answered: ${list(ways)}.`] : []),
    ...(Object.keys(controls).length > 0
      ? [`Controls answered: ${answeredControls.length > 0 ? list(answeredControls) : 'none'}.`]
      : []),
  ].join(' ');
}

/** Of all searches of one attack. */
export const searchWords = ({ tests, ...counts }: SearchSummary): string =>
  `${countWords(counts)}; ${list(tests.map((test) => decided[test]))}.`;
