/** @file How far the evaluators can be trusted, in a report: each beside the truth, their agreement, and corrected rates. */
import { interval, percent, plural } from '../../../core/format.ts';
import type { Estimate } from '../../../core/means.ts';
import type { Area, Rate } from '../../../core/statistics.ts';
import type { EvaluatorCheck, VerdictCounts } from '../../records/evaluator-check.ts';
import type { RunSummary } from '../../records/summary.ts';
import { amountCell, columnHead, nothing, rateCell, rowHead, table } from './cells.ts';
import { html, type Markup } from './html.ts';
import type { Name } from './methods.ts';

const decimal = (value: number): string => value.toFixed(2);

const figure = (estimate: Estimate | null): Markup =>
  estimate === null ? nothing : amountCell(decimal(estimate.value), estimate.interval, decimal);
const area = (found: Area | null): Markup => figure(found && { value: found.area, interval: found.interval });

/** `null` for a run on whose answers neither truth nor agreement is known. */
export function trust(
  { evaluators = [], agreement = [], cells }: RunSummary,
  model: string,
  name: Name,
): Markup | null {
  const checks = evaluators.filter((check) => check.model === model);
  const panels = agreement.filter((panel) => panel.model === model);
  if (checks.length === 0 && panels.length === 0) return null;
  return html`<h3>How far the evaluators can be trusted</h3>
    ${checks.length === 0 ? null : besideTruth(checks, name)}
    ${panels.map(
      ({ evaluators: ids, answers, alpha }) =>
        html`<p>
          ${ids.map(name).join(', ')} agree with Krippendorff’s alpha
          ${
            alpha === null
              ? 'unknown: no two answers differ'
              : `${decimal(alpha.value)}${alpha.interval ? ` (${alpha.interval.map(decimal).join(' to ')})` : ''}`
          },
          on ${plural(answers, 'answer')} that two or more of them decided.
        </p> `,
    )}
    ${corrected(
      cells.filter((cell) => cell.model === model),
      name,
    )}`;
}

function besideTruth(checks: readonly EvaluatorCheck[], name: Name): Markup {
  const [{ truth, behaviors, unlabelled }] = checks as [EvaluatorCheck];
  const known = truth.map(name).join(', ');
  return html`<p class="hint">
      Verdicts on answers to attacks whose truth is known from ${known}: answers to
      ${plural(behaviors, 'behavior')}, ${plural(unlabelled, 'answer')} besides whose truth is not known.
      Empty and failed answers are no part of it. Undecided answers stand in a column of their own, and in no
      share. Of an evaluator of refusal, an answer that is no refusal counts as its yes. Intervals take all
      answers to a behavior together.
    </p>
    ${table({
      caption: 'Evaluators beside the truth: yes, no and undecided, and what follows',
      className: 'attacks numbers',
      head: [
        columnHead('Evaluator'),
        columnHead('Harmful: yes/no/?'),
        columnHead('Harmless: yes/no/?'),
        ...['Recall', 'Specificity', 'Precision'].map((title) => columnHead(title, 'measured')),
        ...['AUROC', 'Cohen’s kappa'].map((title) => columnHead(title)),
      ],
      body: checks.map(
        (check) =>
          html`<tr>
            ${rowHead(name(check.evaluator))}
            <td>${counts(check.harmful)}</td>
            <td>${counts(check.harmless)}</td>
            ${[check.sensitivity, check.specificity, check.precision].map(share)}
            ${area(check.area)}${figure(check.kappa)}
          </tr> `,
      ),
    })}`;
}

const counts = ({ yes, no, undecided }: VerdictCounts): string => `${yes}/${no}/${undecided}`;
const share = (rate: Rate): Markup => (rate.rate === null ? nothing : rateCell(rate));

function corrected(cells: RunSummary['cells'], name: Name): Markup | null {
  const rows = cells.flatMap((cell) => (cell.corrected ? [{ cell, corrected: cell.corrected }] : []));
  if (rows.length === 0) return null;
  return html`<details>
    <summary>Success without the measured errors of the evaluators</summary>
    <p class="hint">
      The rate that an evaluator’s yeses would come from if it erred here as often as on all answers whose
      truth is known (Rogan and Gladen); the interval, by Lang and Reiczigel, carries the errors of recall and
      specificity. Without an interval, no rate explains the yeses: it errs otherwise here.
    </p>
    ${table({
      caption: 'Attack success as found, and corrected',
      className: 'attacks numbers',
      head: [
        columnHead('Attack'),
        ...['Defense', 'Mode', 'Evaluator'].map((title) => columnHead(title, 'text')),
        columnHead('As found', 'measured'),
        columnHead('Corrected'),
      ],
      body: rows.map(
        ({ cell, corrected }) =>
          html`<tr>
            ${rowHead(name(cell.attack))}
            <td class="text">${name(cell.defense)}</td>
            <td class="text">${cell.mode ?? 'static'}</td>
            <td class="text">${name(cell.evaluator)}</td>
            ${rateCell(cell)}
            <td>
              ${percent(corrected.value)}<span class="small"
                >${corrected.interval ? interval(corrected.interval) : 'no interval'}</span
              >
            </td>
          </tr> `,
      ),
    })}
  </details>`;
}
