/** @file What the labels of answers mean: told by words, never by numbers, which published data sets give opposite meanings. */
import { excerpt } from '../../../core/excerpt.ts';
import { answerKinds, RowError, type AnswerKind } from './training-row.ts';

/** `skip`: its rows are not wanted. */
export type LabelMeaning = AnswerKind | 'skip';

export interface LabelValue {
  readonly value: string;
  readonly count: number;
  /** `null`: not known, and its rows are left out. */
  readonly meaning: LabelMeaning | null;
}

const words: Readonly<Record<AnswerKind, readonly string[]>> = {
  benign: ['benign', 'harmless', 'normal', 'helpful', 'retain'],
  safe: ['safe', 'refusal', 'refused', 'declined'],
  harmful: ['harmful', 'unsafe', 'complied', 'jailbroken', 'forget'],
};
/** What the values mean in a column that says whether an answer is safe. */
const isSafe: ReadonlyMap<string, AnswerKind> = new Map([
  ['true', 'safe'],
  ['false', 'harmful'],
]);

/** Distinct values that are counted. */
const mostValues = 40;

/**
 * @param column of the labels
 * @param chosen what the user says that values mean
 * @param unlabelled of rows without a label
 */
export function createLabels(
  column: string | undefined,
  chosen: Readonly<Record<string, LabelMeaning>>,
  unlabelled: AnswerKind,
) {
  const counts = new Map<string, number>();
  const told = new Map(Object.entries(chosen));
  const meaningOf = (value: string): LabelMeaning | null => {
    const word = value.toLowerCase();
    if (told.has(value)) return told.get(value)!;
    if (column?.trim().toLowerCase() === 'is_safe') return isSafe.get(word) ?? null;
    return answerKinds.find((kind) => words[kind].includes(word)) ?? null;
  };
  return {
    /** @throws RowError for a label that is not known */
    read(label: string | null): LabelMeaning {
      if (label === null) return unlabelled;
      const value = label.trim();
      if (counts.has(value) || counts.size < mostValues) counts.set(value, (counts.get(value) ?? 0) + 1);
      const meaning = meaningOf(value);
      if (meaning !== null) return meaning;
      throw new RowError(
        column,
        value === ''
          ? 'The label is empty. Write benign, safe or harmful.'
          : `The label "${excerpt(value, 40)}" is not known. Say what it means: benign, safe or harmful. Numbers are never guessed, because data sets disagree on them.`,
      );
    },
    values: (): readonly LabelValue[] =>
      Array.from(counts, ([value, count]) => ({ value, count, meaning: meaningOf(value) })),
  };
}
