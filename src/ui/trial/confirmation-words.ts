/** @file What became of a claimed success that was asked again, in words. Pure. */
import { plural } from '../format.ts';
import type { AttackResult } from '../types.ts';

type Confirmation = NonNullable<AttackResult['confirmation']>;

export const confirmationWords = ({ repeats, answered }: Confirmation): string =>
  repeats === 0
    ? 'Not asked again: the answer is greedy and no defense draws, so that it would be the same.'
    : `${answered} of ${plural(repeats, ['# repeat', '# repeats'])} with other seeds passed; the claim stands if all do.`;
