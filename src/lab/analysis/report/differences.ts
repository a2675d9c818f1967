/** @file The differences in a report: each cell beside the one that asked the same behaviors without its defense, or plainly. */
import { pValue } from '../../../core/format.ts';
import { undefended } from '../../plan/plan.ts';
import { behaviorsNeeded, differenceWords, type AdjustedCheck } from '../pairs.ts';
import { columnHead, nothing, rowHead, table } from './cells.ts';
import { html, type Markup } from './html.ts';
import type { Name } from './methods.ts';

/** Where a comparison does not tell, how many behaviors would. */
const needed = (check: AdjustedCheck): Markup => {
  const items = behaviorsNeeded(check);
  return items === null ? nothing : html`<td>${items}</td>`;
};

/** @param checks adjusted together */
export const differences = (checks: readonly AdjustedCheck[], name: Name): Markup =>
  table({
    caption: 'Differences on the same behaviors, in points, with the 95% interval of a paired bootstrap',
    className: 'attacks numbers',
    head: [
      columnHead('Attack'),
      ...['Defense', 'Compared with', 'Evaluator'].map((title) => columnHead(title, 'text')),
      ...['Behaviors', 'Only here', 'Only there', 'Difference', 'p', 'p by Holm', 'Behaviors needed'].map(
        (title) => columnHead(title),
      ),
    ],
    body: checks.map(
      (check) =>
        html`<tr>
          ${rowHead(check.measure === 'success' ? name(check.attack) : check.measure)}
          <td class="text">
            ${name(check.defense)}${check.mode ? html`<span class="small">${check.mode} attack</span>` : null}
          </td>
          <td class="text">${check.with === undefended ? 'no defense' : 'asking plainly'}</td>
          <td class="text">${name(check.evaluator)}</td>
          <td>${check.paired}</td>
          <td>${check.onlyFirst}</td>
          <td>${check.onlySecond}</td>
          <td>${differenceWords(check)}</td>
          <td>${check.p === null ? '–' : pValue(check.p)}</td>
          <td>${check.adjusted === null ? '–' : pValue(check.adjusted)}</td>
          ${needed(check)}
        </tr> `,
    ),
  });
