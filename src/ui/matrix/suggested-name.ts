/** @file What a plan is called that was changed and that nobody has named. */
import { plural } from '../../core/format.ts';

/** Titles of what a plan holds. */
interface Contents {
  readonly attacks: readonly string[];
  /** Of columns; the model without a defense is none. */
  readonly defenses: readonly string[];
  readonly targets: readonly string[];
}

const nameOrCount = (titles: readonly string[], noun: string): string =>
  titles.length === 1 ? titles[0]! : plural(titles.length, noun);

/** As "3 attacks × SafeDecoding on Tinytown Chat". */
export const suggestedName = ({ attacks, defenses, targets }: Contents): string =>
  [
    nameOrCount(attacks, 'attack'),
    ...(defenses.length > 0 ? [`× ${nameOrCount(defenses, 'defense')}`] : []),
    ...(targets.length > 0 ? [`on ${nameOrCount(targets, 'model')}`] : []),
  ].join(' ');
