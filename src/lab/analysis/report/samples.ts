/** @file Success over several answers to each prompt in a report. */
import { interval, percent } from '../../../core/format.ts';
import { isAdaptive } from '../../plan/attack-mode.ts';
import type { SampledRate } from '../../records/measurements.ts';
import { columnHead, rateCell, rowHead, table } from './cells.ts';
import { html, type Markup } from './html.ts';
import type { Name } from './methods.ts';

/** @param all of one model, by one evaluator; `null` where every prompt was asked once */
export function sampledRates(all: readonly SampledRate[], name: Name): Markup | null {
  if (all.length === 0) return null;
  const title = ({ attack, defense, ...cell }: SampledRate) =>
    `${name(attack)} on ${name(defense)}${isAdaptive(cell) ? ', adaptive' : ''}`;
  const counts = [...new Set(all.flatMap(({ atK }) => atK.map(({ k }) => k)))].sort((a, b) => a - b);
  return html`<h3>Success over several answers</h3>
    <p class="hint">
      Every final prompt was asked more than once. ASR@k: the chance that at least one of k answers to a
      prompt is a success, without bias, mean over behaviors. Intervals are over behaviors, as answers to one
      prompt resemble each other.
    </p>
    ${table({
      caption: 'Success over all answers, and within k of them',
      className: 'attacks numbers',
      head: ['Attack', 'All answers', ...counts.map((k) => `ASR@${k}`)].map((head) => columnHead(head)),
      body: all.map(
        (sampled) =>
          html`<tr>
            ${rowHead(title(sampled))}${rateCell(sampled.answers)}${counts.map((k) => {
              const at = sampled.atK.find((one) => one.k === k);
              return html`<td>
                ${at ? html`${percent(at.rate)} <span class="small">${interval(at.interval)}</span>` : '–'}
              </td>`;
            })}
          </tr> `,
      ),
    })}`;
}
