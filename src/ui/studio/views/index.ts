/** @file Every way to draw an attack. A view is shown when it can read the steps, whatever attack they are of. */
import type { Component } from 'svelte';
import type { AttackStep } from '../../types.ts';
import { dialoguesOf, answersOf } from '../readings/conversation.ts';
import { fieldsOf, lossesOf } from '../readings/fields.ts';
import { poolOf, populationOf } from '../readings/population.ts';
import { suffixOf } from '../readings/suffix.ts';
import { treeOf } from '../readings/tree.ts';
import { figuresOf } from '../figures.ts';
import DialogueView from './DialogueView.svelte';
import FieldsView from './FieldsView.svelte';
import FiguresView from './FiguresView.svelte';
import LossView from './LossView.svelte';
import PoolView from './PoolView.svelte';
import PopulationView from './PopulationView.svelte';
import SuffixView from './SuffixView.svelte';
import TreeView from './TreeView.svelte';
import AnswerView from './AnswerView.svelte';

interface ViewDefinition<R> {
  readonly title: string;
  /** What it draws, or `null` when the steps hold nothing of the kind. */
  readonly read: (steps: readonly AttackStep[]) => R | null;
  readonly component: Component<{ reading: R; covered: boolean }>;
  /** It shows words of the target, which may have to be covered. */
  readonly quotes?: true;
}
export type View = ViewDefinition<unknown>;

const view = <R>(definition: ViewDefinition<R>): View => definition as unknown as View;

const kinds: readonly View[] = [
  view({ title: 'Loss', read: lossesOf, component: LossView }),
  view({ title: 'Suffix', read: suffixOf, component: SuffixView }),
  view({ title: 'Population', read: populationOf, component: PopulationView }),
  view({ title: 'Pool', read: poolOf, component: PoolView }),
  view({ title: 'Tree', read: treeOf, component: TreeView, quotes: true }),
  view({ title: 'Conversations', read: dialoguesOf, component: DialogueView, quotes: true }),
  view({ title: 'Answers', read: answersOf, component: AnswerView, quotes: true }),
];
const plain: readonly View[] = [
  view({ title: 'Figures', read: figuresOf, component: FiguresView }),
  view({ title: 'Latest step', read: fieldsOf, component: FieldsView, quotes: true }),
];

export interface Shown {
  readonly view: View;
  readonly reading: unknown;
}

/** The views that can read `steps`, in a fixed order; plain tables of their fields when none but the curve can. */
export function viewsOf(steps: readonly AttackStep[]): readonly Shown[] {
  const read = (list: readonly View[]) =>
    list.flatMap((one): Shown[] => {
      const reading = one.read(steps);
      return reading === null ? [] : [{ view: one, reading }];
    });
  const shown = read(kinds);
  return shown.some(({ view: { title } }) => title !== 'Loss') ? shown : [...shown, ...read(plain)];
}
