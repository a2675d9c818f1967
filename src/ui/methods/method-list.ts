/** @file The catalogue's methods as one list that can be narrowed. Pure. */
import type { Stage } from '../../core/method.ts';
import type { Catalogue } from '../../lab/plan/catalogue.ts';
import type { AnyCard } from '../types.ts';
import { kindTitles, says, stageLabels } from '../state/method-words.ts';
import { methodKinds, type MethodFilter, type MethodKind } from '../links/routes.ts';

type Methods = Pick<Catalogue, 'attacks' | 'defenses' | 'evaluators'>;

export const cardsOf = (catalogue: Methods, kind: MethodKind): readonly AnyCard[] => catalogue[`${kind}s`];

/** Methods that belong under one heading. */
export interface MethodGroup {
  readonly title: string;
  readonly kind: MethodKind;
  readonly cards: readonly AnyCard[];
}

/** Attacks, then defenses stage by stage, then evaluators; groups that the filter empties are left out. */
export function methodGroups(catalogue: Methods, filter: MethodFilter): readonly MethodGroup[] {
  const wanted = methodKinds.flatMap((kind): readonly MethodGroup[] => {
    const cards = cardsOf(catalogue, kind).filter((card) => matches(card, filter));
    if (kind !== 'defense') return [{ title: kindTitles[kind], kind, cards }];
    return (Object.keys(stageLabels) as Stage[]).map((stage) => ({
      title: `${kindTitles.defense}: ${stageLabels[stage]}`,
      kind,
      cards: cards.filter((card) => card.stage === stage),
    }));
  });
  return wanted.filter(({ cards }) => cards.length > 0);
}

function matches(card: AnyCard, { text, access, stage }: MethodFilter): boolean {
  if (access !== null && card.access !== access) return false;
  if (stage !== null && card.stage !== stage) return false;
  return says(card, text);
}

/** Stages that any defense has. */
export const stagesIn = (catalogue: Methods): readonly Stage[] =>
  (Object.keys(stageLabels) as Stage[]).filter((stage) =>
    catalogue.defenses.some((card) => card.stage === stage),
  );
