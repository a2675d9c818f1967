/** @file Success against budget in a report: a table at powers of ten, and a figure. */
import { count, percent } from '../../../core/format.ts';
import { isAdaptive } from '../../plan/attack-mode.ts';
import type { BudgetCurve, BudgetPoint } from '../../records/measurements.ts';
import { columnHead, rowHead, table } from './cells.ts';
import { html, type Markup } from './html.ts';
import type { Name } from './methods.ts';

const budgets = [1, 10, 100, 1000, 10_000, 100_000];

/** @param all of one model, by one evaluator; `null` where there are none */
export function budgetCurves(all: readonly BudgetCurve[], name: Name): Markup | null {
  if (all.length === 0) return null;
  const title = ({ attack, defense, ...cell }: BudgetCurve) =>
    isAdaptive(cell) ? `${name(attack)} on ${name(defense)}` : name(attack);
  return html`<h3>Success against budget</h3>
    <p class="hint">
      Share of behaviors on which an attack had succeeded for no more forward passes of the model under attack
      than that; a query and a scored text are one pass, a gradient three. A search that ends at its success
      spent that much on it; one that goes on stands where it ended.
    </p>
    ${table({
      caption: 'Success by forward passes, attack and answer together',
      className: 'attacks numbers',
      head: ['Attack', ...budgets.map((budget) => `≤ ${count(budget)}`), 'All'].map((head) =>
        columnHead(head),
      ),
      body: all.map(
        (curve) =>
          html`<tr>
            ${rowHead(title(curve))}${[...budgets, Infinity].map(
              (budget) => html`<td>${percent(within(curve.passes, budget) / curve.asked)}</td>`,
            )}
          </tr> `,
      ),
    })}
    <details>
      <summary>Curves</summary>
      ${all.map((curve) => figure(curve, title(curve)))}
    </details>`;
}

const within = (points: readonly BudgetPoint[], budget: number): number =>
  points.findLast(({ spent }) => spent <= budget)?.successes ?? 0;

const side = 120;

/** Across: forward passes from 1 to 100,000, by powers of ten; up: share of behaviors. */
function figure({ passes, asked }: BudgetCurve, title: string): Markup {
  const x = (spent: number) => ((Math.min(5, Math.log10(Math.max(1, spent))) / 5) * side).toFixed(1);
  const y = (successes: number) => ((1 - successes / asked) * side).toFixed(1);
  const steps = passes.flatMap(({ spent, successes }, i) => [
    `${x(spent)},${y(passes[i - 1]?.successes ?? 0)}`,
    `${x(spent)},${y(successes)}`,
  ]);
  const last = y(passes.at(-1)?.successes ?? 0);
  return html`<figure class="roc">
    <svg viewBox="-2 -2 ${side + 4} ${side + 4}" role="img" aria-label="Success against budget: ${title}">
      <rect class="axis" width="${side}" height="${side}" />
      <polyline points="0,${side} ${steps.join(' ')} ${side},${last}" />
    </svg>
    <figcaption>${title}. Across: 1 to 100,000 forward passes, by powers of ten; up: success.</figcaption>
  </figure>`;
}
