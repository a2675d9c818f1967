/** @file What was found inside models, as pictures and tables. */
import { percent } from '../../../core/format.ts';
import { byteOrderMark, csvRow } from '../../records/export.ts';
import type { InsightReport } from '../../records/insight.ts';
import { layerMapCsv, layerMapSvg } from './layer-map.ts';
import { curvesCsv, lineChartSvg, type LineChart } from './line-chart.ts';

/** By file name: SVG and CSV of each part that the report has. */
export function insightFiles(report: InsightReport): ReadonlyMap<string, string> {
  const maps = report.models.map(({ model, projection }) => ({ name: model, projection }));
  const files = new Map([
    ['refusal-direction.svg', layerMapSvg('Projection on the refusal direction', maps)],
    ['refusal-direction.csv', layerMapCsv(maps)],
    ['logit-lens-tokens.csv', lensCsv(report)],
  ]);
  for (const [name, chart] of Object.entries(chartsOf(report))) {
    if (!chart || chart.curves.every(({ points }) => points.length === 0)) continue;
    files.set(`${name}.svg`, lineChartSvg(chart));
    files.set(`${name}.csv`, curvesCsv(chart));
  }
  return files;
}

export function chartsOf({
  models,
  watched,
  depth,
}: InsightReport): Readonly<Record<string, LineChart | null>> {
  return {
    'logit-lens': {
      ...{ title: 'First token of the answer, read between layers', x: 'layer', y: 'probability' },
      ...{ top: 1, write: percent },
      curves: models.flatMap(({ model, lens }) =>
        watched.map((text, i) => ({
          name: `${model}: "${text}" (${lens[0]?.watched[i]?.text.trim() ?? ''})`,
          points: lens.map(({ boundary, watched: tokens }) => ({
            ...{ x: boundary, y: tokens[i]!.probability, interval: null, n: 1 },
          })),
        })),
      ),
    },
    probe: {
      ...{ title: 'Forbidden requests told from harmless ones by a linear probe', x: 'layer' },
      ...{ y: 'area under the ROC curve', top: 1, write: (value) => value.toFixed(2) },
      curves: models.flatMap(({ model, probe }) => [
        {
          name: model,
          points: probe.map(({ boundary, area }) => ({
            ...{ x: boundary, y: area.area, interval: area.interval, n: area.positives + area.negatives },
          })),
        },
        {
          name: `${model}, labels shuffled`,
          points: probe.map(({ boundary, shuffled }) => ({
            ...{ x: boundary, y: shuffled.area, interval: null, n: shuffled.positives + shuffled.negatives },
          })),
        },
      ]),
    },
    'alignment-depth': depth && {
      ...{ title: 'How far training moved a harmful answer', x: 'tokens before', y: 'KL to the base (nats)' },
      write: (value) => value.toFixed(1),
      curves: [
        {
          name: models.at(-1)!.model,
          points: depth.map(({ position, divergence, n }) => ({
            ...{ x: position, y: divergence.value, interval: divergence.interval, n },
          })),
        },
      ],
    },
    relearning: {
      ...{ title: 'Relearning from a few harmful answers', x: 'updates', y: 'harmful answers' },
      ...{ top: 1, write: percent },
      curves: models.map(({ model, relearning }) => ({
        name: model,
        points: relearning.map(({ updates, rate }) => ({
          ...{ x: updates, y: rate.rate ?? 0, interval: rate.interval, n: rate.n },
        })),
      })),
    },
  };
}

/** The likeliest tokens by layer, likeliest first. */
const lensCsv = ({ models }: InsightReport): string =>
  byteOrderMark +
  csvRow(['model', 'layer', 'rank', 'token', 'probability']) +
  models
    .flatMap(({ model, lens }) =>
      lens.flatMap(({ boundary, top }) =>
        top.map(({ text, probability }, i) => csvRow([model, boundary, i + 1, text, probability])),
      ),
    )
    .join('');
