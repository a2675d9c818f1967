/** @file The tables of a report: the matrix, each attack, each defense, each pair. */
import {
  addedDuration,
  amount,
  count,
  countOrUnknown,
  duration,
  interval,
  percent,
  ratio,
} from '../../../core/format.ts';
import { groupedBy } from '../../../core/groups.ts';
import { undefended } from '../../plan/plan.ts';
import type { AttackedUtility, Cell, Preparation } from '../../records/summary.ts';
import { wholeCost } from '../costs.ts';
import { isAdaptive } from '../../plan/attack-mode.ts';
import { modeWords } from '../headline.ts';
import type { RateColumn, RateTable } from '../rate-table.ts';
import { amountCell, columnHead, nothing, rampCell, rateCell, rowHead, table } from './cells.ts';
import { html, type Markup } from './html.ts';

/** Title of a method, or of a stack of them, by its id. */
export type Name = (id: string) => string;

/** The mode of a headline and the rates in the other modes, where a plan has more than the static one. */
function modesNote(headline: Cell | null, modes: readonly Cell[]): string | null {
  if (headline === null || (modes.length < 2 && !isAdaptive(headline))) return null;
  const others = modes.filter((cell) => cell !== headline);
  return [
    modeWords(headline),
    ...others.map((cell) => `${modeWords(cell)} ${cell.rate === null ? '?' : percent(cell.rate)}`),
  ].join('; ');
}

/** The mode of a cell, and how many of its searches ended by the plan's budget. */
const modeNote = (cell: Cell): string =>
  cell.endedByBudget === undefined
    ? modeWords(cell)
    : `${modeWords(cell)}; ${cell.endedByBudget} of ${cell.n} ended by budget`;

export const matrix = ({ columns, rows }: RateTable, name: Name): Markup =>
  table({
    caption: 'Attack success rate, attacks down, defenses across',
    className: 'matrix',
    head: [columnHead('Attack'), ...columns.map(({ defense }) => columnHead(name(defense)))],
    body: rows.map(
      ({ attack, cells }) =>
        html`<tr>
          ${rowHead(name(attack))}${cells.map(({ cell, modes }) => rampCell(cell, modesNote(cell, modes)))}
        </tr> `,
    ),
  });

const perBehavior = (total: number, { n }: Cell, write: (value: number) => string): Markup =>
  html`<td>${write(total)}<span class="small">${write(total / n)} each</span></td>`;

/** Success rate and cost of each attack on the undefended model. */
export const attacks = ({ rows }: RateTable, name: Name): Markup =>
  table({
    caption: 'Attacks: what each reaches and takes undefended',
    className: 'attacks numbers',
    head: ['Attack', 'Success undefended', 'Queries', 'Scored', 'Gradients', 'Tokens', 'Time'].map(
      (title, i) => columnHead(title, i === 1 ? 'measured' : ''),
    ),
    body: rows.map(({ attack, cells }) => {
      const cell = cells.find(({ defense }) => defense === undefended)?.cell ?? null;
      const whole = cell && wholeCost(cell);
      const costs =
        whole === null
          ? Array.from({ length: 5 }, () => nothing)
          : [
              ...[whole.queries, whole.sequences, whole.gradients].map((total) =>
                total === 0 ? nothing : perBehavior(total, cell!, amount),
              ),
              whole.tokens === null
                ? html`<td>${countOrUnknown(null)}</td>`
                : perBehavior(whole.tokens, cell!, amount),
              perBehavior(whole.elapsedMs, cell!, duration),
            ];
      return html`<tr>
        ${rowHead(name(attack))}${rateCell(cell)}${costs}
      </tr> `;
    }),
  });

/** The side effects of each defense: over-refusal, utility, time, calls and tokens. */
export const defenses = ({ columns }: RateTable, name: Name): Markup =>
  table({
    caption: 'Defenses: what each costs',
    className: 'defenses numbers',
    head: [
      columnHead('Defense'),
      columnHead('Over-refusal', 'measured'),
      columnHead('Utility', 'measured'),
      ...['First words later', 'Time per token', 'Added queries', 'Added tokens', 'Under all attacks'].map(
        (title) => columnHead(title),
      ),
    ],
    body: columns.map(
      (column) =>
        html`<tr>
          ${rowHead(name(column.defense))}${rateCell(column.overRefusal)}${rateCell(column.utility)}${times(column)}${spent(column)}
        </tr> `,
    ),
  });

function times({ defense, speed }: RateColumn): readonly Markup[] {
  if (speed === null) return [nothing, nothing];
  const { firstTokenMs, addedFirstTokenMs, addedFirstTokenInterval, tokenMs, ...more } = speed;
  if (defense === undefended)
    return [
      firstTokenMs === null
        ? nothing
        : html`<td>${duration(firstTokenMs)}<span class="small">without a defense</span></td>`,
      tokenMs === null ? nothing : html`<td>${amount(tokenMs)} ms</td>`,
    ];
  const { otherEngine, tokenTimeRatio, tokenTimeRatioInterval } = more;
  if (otherEngine) return [html`<td>another engine<span class="small">not compared</span></td>`, nothing];
  return [
    addedFirstTokenMs === null
      ? nothing
      : amountCell(addedDuration(addedFirstTokenMs), addedFirstTokenInterval, addedDuration),
    tokenTimeRatio === null ? nothing : amountCell(ratio(tokenTimeRatio), tokenTimeRatioInterval, ratio),
  ];
}

function spent({ overhead, queries, tokens, elapsedMs }: RateColumn): readonly Markup[] {
  const own =
    overhead === null
      ? [nothing, nothing]
      : [overhead.queries, overhead.tokens].map((spent) =>
          spent === null
            ? html`<td>${countOrUnknown(null)}</td>`
            : amountCell(amount(spent.value), spent.value === 0 ? null : spent.interval, amount),
        );
  const all =
    queries === 0
      ? nothing
      : html`<td>
          ${count(queries)} queries<span class="small"
            >${countOrUnknown(tokens)} tokens, ${duration(elapsedMs)}</span
          >
        </td>`;
  return [...own, all];
}

/** What defenses took to learn before the first trial; `null` where none did. */
export function preparation(all: readonly Preparation[], model: string, name: Name): Markup | null {
  const own = all.filter((row) => row.model === model);
  if (own.length === 0) return null;
  return html`<h3>Preparation</h3>
    <p class="hint">
      What defenses took to learn before the first trial, the setting of their thresholds included, on all
      models together. It is in the costs of no attack and no answer.
    </p>
    ${table({
      caption: 'Defenses: what learning took',
      className: 'preparation numbers',
      head: [
        columnHead('Defense'),
        ...['Queries', 'Scored', 'Gradients', 'Tokens', 'Time'].map((title) => columnHead(title)),
      ],
      body: own.map(
        ({ defense, queries, sequences, gradients, tokens, elapsedMs }) =>
          html`<tr>
            ${rowHead(name(defense))}${[queries, sequences, gradients].map((value) => html`<td>${count(value)}</td>`)}
            <td>${countOrUnknown(tokens)}</td>
            <td>${duration(elapsedMs)}</td>
          </tr> `,
      ),
    })}`;
}

/** Tasks of users that were solved while an attack was at work; `null` where no behavior has such a task. */
export function attackedTasks(all: readonly AttackedUtility[], model: string, name: Name): Markup | null {
  const own = all.filter((row) => row.model === model);
  if (own.length === 0) return null;
  const rows = groupedBy(own, (row) => name(row.attack) + (isAdaptive(row) ? ', adaptive' : ''));
  const defenses = [...new Set(own.map(({ defense }) => defense))];
  return html`<h3>Tasks under attack</h3>
    <p class="hint">
      Share of tasks of the user that were solved although the attack was at work; higher is better. Utility
      above is that of tasks without an attack.
    </p>
    ${table({
      caption: 'Tasks of the user solved under attack, attacks down, defenses across',
      className: 'attacks numbers',
      head: [columnHead('Attack'), ...defenses.map((defense) => columnHead(name(defense), 'measured'))],
      body: [...rows].map(
        ([title, cells]) =>
          html`<tr>
            ${rowHead(title)}${defenses.map((defense) =>
              rateCell(cells.find((cell) => cell.defense === defense) ?? null),
            )}
          </tr> `,
      ),
    })}`;
}

/** What can become of a trial besides a scored answer. */
const fates = ['Answered', 'Scored', 'Empty', 'Failed', 'Undecided', 'Truncated'];

function fateCells({ answers }: Cell): readonly Markup[] {
  if (!answers) return fates.map(() => nothing);
  const { conditional, empty, failed, undecided, truncated } = answers;
  const counts = [conditional.n, conditional.scored, empty, failed, undecided, truncated];
  return counts.map((value) => html`<td>${value}</td>`);
}

/** Every cell with its counts and costs, for readers who copy numbers. */
export const pairs = (cells: readonly Cell[], name: Name): Markup =>
  table({
    caption: 'Every attack against every defense in numbers',
    className: 'attacks numbers',
    head: [
      columnHead('Attack'),
      ...['Defense', 'Mode', 'Evaluator'].map((title) => columnHead(title, 'text')),
      ...['Success', '95% interval', 'Decided', 'Asked', ...fates, 'Queries', 'Tokens', 'Time'].map((title) =>
        columnHead(title),
      ),
    ],
    body: cells.map(
      (cell) =>
        html`<tr>
          ${rowHead(name(cell.attack))}
          <td class="text">${name(cell.defense)}</td>
          <td class="text">${modeNote(cell)}</td>
          <td class="text">${name(cell.evaluator)}</td>
          <td>${cell.rate === null ? '?' : percent(cell.rate)}</td>
          <td>${cell.interval === null ? '–' : interval(cell.interval)}</td>
          <td>${cell.scored}</td>
          <td>${cell.n}</td>
          ${fateCells(cell)}
          <td>${count(cell.queries)}</td>
          <td>${countOrUnknown(cell.tokens)}</td>
          <td>${duration(cell.elapsedMs)}</td>
        </tr> `,
    ),
  });
