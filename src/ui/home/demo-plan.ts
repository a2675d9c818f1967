/** @file The small run that fills the matrix of the first page. Pure. */
import type { Catalogue } from '../../lab/plan/catalogue.ts';
import type { Plan } from '../../lab/plan/plan.ts';

const [attackCount, defenseCount, behaviorCount] = [2, 3, 8];

/** The quickstart cut down to what is done in seconds: cheap attacks, few defenses, few behaviors. */
export function demoPlan(quickstart: Plan, catalogue: Catalogue): Plan {
  const isCheap = (id: string) => catalogue.attacks.find((card) => card.id === id)?.access === 'black-box';
  const cheap = quickstart.attacks.filter(({ id }) => isCheap(id));
  const source = quickstart.behaviors.find((candidate) => 'set' in candidate);
  return {
    ...quickstart,
    name: 'First look',
    attacks: (cheap.length > 0 ? cheap : quickstart.attacks).slice(0, attackCount),
    defenses: quickstart.defenses.slice(0, defenseCount),
    behaviors: source
      ? [{ set: source.set, kinds: ['harmful'], limit: behaviorCount }]
      : quickstart.behaviors.slice(0, 1),
  };
}
