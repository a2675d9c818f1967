/** @file Detectors in a report: what each flags at its threshold and at one rate for all, with ROC curves. */
import { percent, plural } from '../../../core/format.ts';
import type { Roc } from '../../../core/roc.ts';
import { undefended } from '../../plan/plan.ts';
import type { DetectorCheck } from '../../records/detector-check.ts';
import { calibrationWarning } from '../detectors.ts';
import { columnHead, nothing, rateCell, rowHead, table } from './cells.ts';
import { html, type Markup } from './html.ts';
import type { Name } from './methods.ts';

/** `null` where no defense decides by a score. */
export function detectors(all: readonly DetectorCheck[], model: string, name: Name): Markup | null {
  const own = all.filter((check) => check.model === model);
  if (own.length === 0) return null;
  const warnings = own.flatMap((check) => {
    const warning = calibrationWarning(check);
    return warning === null ? [] : [`${titleOf(check, name)}: ${warning}`];
  });
  return html`<h3>Detectors at one rate of false positives</h3>
    <p class="hint">
      Scores of attacks made on the bare model, beside those of benign requests and look-alikes under test. At
      one rate: the share flagged if the threshold flagged at most the wanted share of the benign requests
      here. What an earlier defense of the stack declined has no score.
    </p>
    ${
      warnings.length === 0
        ? null
        : html`<ul class="warnings">
            ${warnings.map((warning) => html`<li>${warning}</li>`)}
          </ul>`
    }
    ${table({
      caption: 'What detectors flag, at their thresholds and at one rate',
      className: 'attacks numbers',
      head: [
        columnHead('Detector'),
        columnHead('Calibrated on'),
        columnHead('Benign flagged', 'measured'),
        columnHead('Attack', 'text'),
        columnHead('Flagged', 'measured'),
        ...['At one rate', 'AUROC'].map((title) => columnHead(title)),
      ],
      body: own.flatMap((check) =>
        check.attacks.map(
          ({ attack, flagged, atWantedRate, roc }) =>
            html`<tr>
              ${rowHead(titleOf(check, name))}
              <td>${check.calibration ? plural(check.calibration.benign, 'text') : 'a given threshold'}</td>
              ${rateCell(check.falsePositives)}
              <td class="text">${name(attack)}</td>
              ${rateCell(flagged)}
              ${
                atWantedRate === null
                  ? nothing
                  : html`<td>
                      ${percent(atWantedRate)}<span class="small">at ${percent(check.wantedRate)}</span>
                    </td>`
              }
              ${
                roc
                  ? html`<td>
                      ${roc.area.toFixed(3)}<span class="small"
                        >${roc.interval.map((end) => end.toFixed(2)).join(' to ')}</span
                      >
                    </td>`
                  : nothing
              }
            </tr> `,
        ),
      ),
    })}
    <details>
      <summary>ROC curves</summary>
      ${own.flatMap((check) =>
        check.attacks.flatMap(({ attack, roc }) =>
          roc ? [curve(roc, `${titleOf(check, name)}, ${name(attack)}`)] : [],
        ),
      )}
    </details>`;
}

const titleOf = ({ detector, defense }: DetectorCheck, name: Name): string =>
  defense === detector || defense === undefended ? name(detector) : `${name(detector)} in ${name(defense)}`;

const side = 120;

/** Across: benign requests flagged; up: attacks flagged. */
const curve = ({ points, area }: Roc, title: string): Markup => {
  const at = ([x, y]: readonly [number, number]) => `${(x * side).toFixed(1)},${((1 - y) * side).toFixed(1)}`;
  const label = `${title}: AUROC ${area.toFixed(3)}`;
  return html`<figure class="roc">
    <svg viewBox="-2 -2 ${side + 4} ${side + 4}" role="img" aria-label="ROC curve, ${label}">
      <rect class="axis" width="${side}" height="${side}" />
      <polyline points="0,${side} ${side},0" class="chance" />
      <polyline points="${points.map(at).join(' ')}" class="curve" />
    </svg>
    <figcaption>${label}. Across: benign flagged; up: attacks flagged.</figcaption>
  </figure>`;
};
