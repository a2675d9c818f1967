/** @file What was found inside models, as pictures and tables. */
import { percent } from '../../../core/format.ts';
import { byteOrderMark, csvRow } from '../../records/export.ts';
import type { InsightReport, RelearningCurve } from '../../records/insight.ts';
import { layerMapCsv, layerMapSvg } from './layer-map.ts';
import { curvesCsv, lineChartSvg, type LineChart } from './line-chart.ts';

export const projectionTitle = (): string =>
  'Where the model reads harm: projection on the refusal direction';

/** By file name: SVG and CSV of each part that the report has. */
export function insightFiles(report: InsightReport): ReadonlyMap<string, string> {
  const files = new Map([
    ['refusal-direction.svg', layerMapSvg(projectionTitle(), report.models).svg],
    ['refusal-direction.csv', layerMapCsv(report.models)],
    ['logit-lens-tokens.csv', lensCsv(report)],
  ]);
  for (const [name, chart] of Object.entries(chartsOf(report))) {
    if (!chart || chart.curves.every(({ points }) => points.length === 0)) continue;
    files.set(`${name}.svg`, lineChartSvg(chart).svg);
    files.set(`${name}.csv`, curvesCsv(chart));
  }
  return files;
}

export type ChartName = 'logit-lens' | 'attention' | 'probe' | 'alignment-depth' | 'relearning';

/** @param nameOf the title of a model */
export function chartsOf(
  { models, watched, depth }: InsightReport,
  nameOf = (id: string): string => id,
): Readonly<Record<ChartName, LineChart | null>> {
  const attentive = models.flatMap(({ model, attention }) => (attention ? [{ model, attention }] : []));
  return {
    'logit-lens': {
      ...{
        title: 'First token of the answer, read between layers',
        x: /* @wc-include */ 'layer',
        y: /* @wc-include */ 'probability',
      },
      ...{ top: 1, write: percent },
      curves: models.flatMap(({ model, lens: { layers } }) =>
        watched.map((text, i) => ({
          name: `${nameOf(model)}: "${text}" (${layers[0]?.watched[i]?.text.trim() ?? ''})`,
          points: layers.map(({ boundary, watched: tokens }) => ({
            ...{ x: boundary, y: tokens[i]!.probability, interval: null, n: 1 },
          })),
        })),
      ),
    },
    attention:
      attentive.length === 0
        ? null
        : {
            ...{
              title: 'Attention to the tokens of the attack, mean over heads',
              x: /* @wc-include */ 'layer',
              y: /* @wc-include */ 'share',
            },
            ...{ top: 1, write: percent },
            curves: attentive.flatMap(({ model, attention: { layers } }) =>
              (['prompt', 'answer'] as const).map((from) => ({
                name: `${nameOf(model)}, ${from === 'prompt' ? 'end of the prompt' : 'start of the answer'}`,
                points: layers.flatMap((point) => {
                  const share = point[from];
                  return share === null ? [] : [{ x: point.layer, y: share, interval: null, n: 1 }];
                }),
              })),
            ),
          },
    probe: {
      ...{
        title: 'Forbidden requests told from harmless ones by a linear probe',
        x: /* @wc-include */ 'layer',
      },
      ...{ y: 'area under the ROC curve', top: 1, write: (value) => value.toFixed(2) },
      curves: models.flatMap(({ model, probe }) => [
        {
          name: nameOf(model),
          points: probe.map(({ boundary, area }) => ({
            ...{ x: boundary, y: area.area, interval: area.interval, n: area.positives + area.negatives },
          })),
        },
        {
          name: `${nameOf(model)}, labels shuffled`,
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
          name: nameOf(models.at(-1)!.model),
          points: depth.map(({ position, divergence, n }) => ({
            ...{ x: position, y: divergence.value, interval: divergence.interval, n },
          })),
        },
      ],
    },
    relearning: relearningChart(models, nameOf),
  };
}

/** @param nameOf the title of a model */
export const relearningChart = (
  curves: readonly RelearningCurve[],
  nameOf: (id: string) => string,
): LineChart => ({
  ...{ title: 'Relearning from a few harmful answers', x: /* @wc-include */ 'updates', y: 'harmful answers' },
  ...{ top: 1, write: percent },
  curves: curves.map(({ model, relearning }) => ({
    name: nameOf(model),
    points: relearning.map(({ updates, rate }) => ({
      ...{ x: updates, y: rate.rate ?? 0, interval: rate.interval, n: rate.n },
    })),
  })),
});

/** The likeliest next token by layer, after each position that was read. */
export const lensCsv = ({ models }: Pick<InsightReport, 'models'>): string =>
  byteOrderMark +
  csvRow(['model', 'layer', 'position', 'after', 'token', 'probability']) +
  models
    .flatMap(({ model, tokens, lens: { at, layers } }) =>
      layers.flatMap(({ boundary, path }) =>
        path.map(({ text, probability }, i) =>
          csvRow([model, boundary, at[i]!, tokens[at[i]!]!.text, text, probability]),
        ),
      ),
    )
    .join('');
