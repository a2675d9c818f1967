/** @file What moves on the first page: one request answered twice, and a small run that fills its matrix. */
import { createContext } from 'svelte';
import type { Catalogue } from '../../lab/plan/catalogue.ts';
import type { Plan } from '../../lab/plan/plan.ts';
import type { MatrixView } from '../matrix/matrix-view.svelte.ts';
import type { Microscope } from '../microscope/microscope.svelte.ts';
import type { RunSession } from '../state/run-session.svelte.ts';

export interface Demo {
  /** Holds the two answers. */
  readonly scope: Microscope;
  readonly run: RunSession;
  readonly matrix: MatrixView;
}

export const demoName = 'First look';
const [attackCount, defenseCount, behaviorCount] = [2, 3, 8];

/** The quickstart reduced to what takes seconds: cheap attacks, few defenses, few behaviors. */
export function demoPlan(quickstart: Plan, catalogue: Catalogue): Plan {
  const isCheap = (id: string) => catalogue.attacks.find((card) => card.id === id)?.access === 'black-box';
  const cheap = quickstart.attacks.filter(({ id }) => isCheap(id));
  const source = quickstart.behaviors.find((candidate) => 'set' in candidate);
  return {
    ...quickstart,
    name: demoName,
    attacks: (cheap.length > 0 ? cheap : quickstart.attacks).slice(0, attackCount),
    defenses: quickstart.defenses.slice(0, defenseCount),
    behaviors: source
      ? [{ set: source.set, kinds: ['harmful'], limit: behaviorCount }]
      : quickstart.behaviors.slice(0, 1),
  };
}

export const [getDemo, setDemo] = createContext<Demo>();
