/** @file Cells of a report: a measured value, its interval as text and as a bar, and n. */
import { interval, percent } from '../../../core/format.ts';
import type { AnswerRate } from '../../records/summary.ts';
import { answerWords } from '../answer-words.ts';
import { html, type Content, type Markup } from './html.ts';

/** A share with its counts. */
export type Measured = Omit<AnswerRate, 'successes'>;

/** A rate and its interval on an axis from 0 to 100 %, and a line below for the bounds that undecided answers leave. */
const drawn = (
  rate: number,
  [low, high]: readonly [number, number],
  [least, most]: readonly [number, number] = [rate, rate],
): Markup => {
  const x = (share: number) => (1 + share * 98).toFixed(1);
  return html`<svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
    <rect class="axis" x="1" width="98" y="3.5" height="1" />
    <rect class="span" x="${x(low)}" width="${Math.max(1, (high - low) * 98).toFixed(1)}" y="2" height="4" />
    <rect class="at" x="${x(rate - 0.01)}" width="2" y="0" height="8" />
    ${
      most > least
        ? html`<rect
            class="bounds"
            x="${x(least)}"
            width="${((most - least) * 98).toFixed(1)}"
            y="7"
            height="1"
          />`
        : null
    }
  </svg>`;
};

/** Of `n` asked, how many could be decided, where that differs. */
const sample = ({ n, scored }: Measured): string => `n = ${scored === n ? n : `${scored}/${n}`}`;

const inside = (measured: Measured): Markup => html`${figures(measured)}${faults(measured)}`;

const faults = (measured: Measured): Markup | null => {
  const words = answerWords(measured);
  return words === '' ? null : html`<span class="small">${words}</span>`;
};

const figures = (measured: Measured): Markup =>
  measured.rate === null || measured.interval === null
    ? html`<span class="rate">?</span
        ><span class="drawn"><span>no score</span><span>${sample(measured)}</span></span>`
    : html`<span class="rate">${percent(measured.rate)}</span
        >${drawn(measured.rate, measured.interval, measured.answers?.bounds)}<span class="drawn"
          ><span>${interval(measured.interval)}</span><span>${sample(measured)}</span></span
        >`;

export const nothing: Markup = html`<td class="none">–</td>`;

/** A rate where high is good or bad by its meaning, without the ramp. */
export const rateCell = (measured: Measured | null): Markup =>
  measured === null
    ? html`<td class="none measured">–</td>`
    : html`<td class="measured">${inside(measured)}</td>`;

/** An attack success rate on its ramp, with a note below it. The ramp has a stop at every quarter; on its last quarter the ink turns. */
export function rampCell(measured: Measured | null, note: string | null = null): Markup {
  if (measured === null) return nothing;
  const below = note === null ? null : html`<span class="drawn"><span>${note}</span></span>`;
  if (measured.rate === null) return html`<td class="none">${inside(measured)}${below}</td>`;
  const position = measured.rate * 4;
  const stop = Math.min(3, Math.floor(position));
  const share = Math.round((position - stop) * 100);
  return html`<td class="ramp-${stop}" style="--share: ${share}%">${inside(measured)}${below}</td>`;
}

/** An amount with its interval, if it has one, below. */
export const amountCell = (
  value: Content,
  bounds: readonly [number, number] | null,
  write: (value: number) => string,
): Markup =>
  html`<td>
    ${value}${bounds && html`<span class="small">${write(bounds[0])} to ${write(bounds[1])}</span>`}
  </td>`;

interface Table {
  readonly caption: string;
  readonly className: string;
  /** Names of columns, those of text marked. */
  readonly head: readonly Content[];
  readonly body: readonly Markup[];
  /** Custom property: columns besides the first. */
  readonly columns?: number;
}

/** A table in a region that scrolls on its own, and so is reachable by keyboard. */
export const table = ({ caption, className, head, body, columns = head.length - 1 }: Table): Markup =>
  html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0">
    <table class="${className}" style="--columns: ${columns}">
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${head}
        </tr>
      </thead>
      <tbody>
        ${body}
      </tbody>
    </table>
  </div>`;

export const columnHead = (name: string, className = ''): Markup =>
  html`<th scope="col" class="${className}">${name}</th>`;
export const rowHead = (name: string): Markup => html`<th scope="row">${name}</th>`;
