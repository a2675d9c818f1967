/** @file Which of the cells that differ in the mode of the attack alone stands for all of them: the worse for the defender. */
import type { Sight } from '../../defenses/view.ts';
import { groupedBy } from '../../core/groups.ts';
import { isAdaptive } from '../plan/attack-mode.ts';
import type { Cell } from '../records/summary.ts';

/** The mode of a cell's attack in words, with the tier at which an adaptive one saw the defended model. */
export const modeWords = (cell: Pick<Cell, 'mode' | 'tier' | 'sights'>): string =>
  isAdaptive(cell) ? [/* @wc-include */ 'adaptive', tierWords(cell)].join(', ') : /* @wc-include */ 'static';

const sightWords = (): Readonly<Record<Sight, string>> => ({
  filter: /* @wc-include */ 'filter',
  eot: 'EOT',
  answers: /* @wc-include */ 'answers',
});

/** "white-box + filter", for example. */
export const tierWords = ({ tier, sights = [] }: Pick<Cell, 'tier' | 'sights'>): string =>
  tier ? [tier, ...sights.map((sight) => sightWords()[sight])].join(' + ') : 'not possible';

/**
 * The cell with the highest rate, the later one of equals; one without a rate (not started, or an attack that could not
 * be made) only where none has one.
 */
export const headlineOf = <C extends Pick<Cell, 'rate'>>(cells: readonly C[]): C | null =>
  cells.reduce<C | null>(
    (worst, cell) => (worst === null || (cell.rate ?? -1) >= (worst.rate ?? -1) ? cell : worst),
    null,
  );

/** `cells` with those marked that differ from a worse one in the mode alone. */
export function withHeadlines(cells: readonly Cell[]): readonly Cell[] {
  const groups = groupedBy(cells, ({ model, attack, defense, evaluator }) =>
    JSON.stringify([model, attack, defense, evaluator]),
  );
  const headlines = new Set([...groups.values()].map(headlineOf));
  return cells.map((cell) => (headlines.has(cell) ? cell : { ...cell, headline: false as const }));
}
