/** @file How pages call the kinds of behaviors. */
import type { BehaviorKind } from '../../core/behavior.ts';
import { count, list } from '../format.ts';

export const kindTitles: Readonly<Record<BehaviorKind, string>> = {
  harmful: 'Forbidden',
  'benign-lookalike': /* @wc-include */ 'Look-alikes',
  benign: 'Plain benign',
};

/** In a sentence, after their number. */
const counted: Readonly<Record<BehaviorKind, (number: string) => string>> = {
  harmful: (number) => /* @wc-include */ `${number} forbidden`,
  'benign-lookalike': (number) => /* @wc-include */ `${number} look-alikes`,
  benign: (number) => /* @wc-include */ `${number} plain benign`,
};

/** `520 forbidden and 12 plain benign`; empty for none. */
export const countWords = (counts: Readonly<Partial<Record<BehaviorKind, number>>>): string =>
  list(
    (Object.keys(kindTitles) as BehaviorKind[]).flatMap((kind) =>
      counts[kind] ? [counted[kind](count(counts[kind]))] : [],
    ),
  );
