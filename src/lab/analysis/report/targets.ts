/** @file Models under attack side by side in a report: each beside the first, on the same behaviors. */
import { pValue } from '../../../core/format.ts';
import { undefended } from '../../plan/plan.ts';
import type { RunSummary } from '../../records/summary.ts';
import { differenceWords } from '../pairs.ts';
import { promptWords, targetFindings, targetRowName, yesOf, yesWords } from '../target-words.ts';
import { targetsJudgedBy } from '../targets.ts';
import { columnHead, rowHead, table } from './cells.ts';
import { html, type Markup } from './html.ts';
import type { Name } from './methods.ts';

/** `null` for one model. */
export function targets({ targets: checks = [], cells }: RunSummary, name: Name): Markup | null {
  if (checks.length === 0) return null;
  const evaluators = [...new Set(cells.map(({ evaluator }) => evaluator))];
  return html`<section>
    <h2>Models side by side</h2>
    ${evaluators.map((evaluator) => {
      const judged = targetsJudgedBy(checks, evaluator);
      const asIs = (id: string) => id;
      return html`${targetFindings(judged, name, asIs).map((sentence) => html`<p>${sentence}</p> `)}
      ${table({
        caption: `Each model beside ${checks[0]!.beside}, on the same behaviors, as judged by ${name(evaluator)}; differences in points with the 95% interval of a paired bootstrap, p of McNemar’s exact test`,
        className: 'attacks numbers',
        head: [
          columnHead('Measured'),
          ...['Model', 'Defense', 'Prompts'].map((title) => columnHead(title, 'text')),
          ...['Before', 'After', 'Difference', 'p', 'p by Holm'].map((title) => columnHead(title)),
        ],
        body: judged.map((check) => {
          const { own, beside } = yesOf(check);
          return html`<tr>
            ${rowHead(targetRowName(check, name))}
            <td class="text">${check.model}</td>
            <td class="text">${check.defense === undefended ? 'none' : name(check.defense)}</td>
            <td class="text">${promptWords(check)}</td>
            <td>${yesWords(beside, check.paired)}</td>
            <td>${yesWords(own, check.paired)}</td>
            <td>${differenceWords(check)}</td>
            <td>${check.p === null ? '–' : pValue(check.p)}</td>
            <td>${check.adjusted === null ? '–' : pValue(check.adjusted)}</td>
          </tr> `;
        }),
      })}`;
    })}
  </section>`;
}
