/** @file How pages call the kinds of behaviors. */
import type { BehaviorKind } from '../../core/behavior.ts';
import { count, list } from '../format.ts';

export const kindTitles: Readonly<Record<BehaviorKind, string>> = {
  harmful: 'Forbidden',
  'benign-lookalike': /* @wc-include */ 'Look-alikes',
  benign: 'Plain benign',
};

/** `520 forbidden and 12 plain benign`; empty for none. */
export const countWords = (counts: Readonly<Partial<Record<BehaviorKind, number>>>): string =>
  list(
    (Object.keys(kindTitles) as BehaviorKind[]).flatMap((kind) =>
      counts[kind] ? [`${count(counts[kind])} ${kindTitles[kind].toLowerCase()}`] : [],
    ),
  );
