import { expect, test } from 'vitest';
import { layerMapCsv, layerMapSvg, readingAt } from '../../../src/lab/analysis/figures/layer-map.ts';
import { budgetChart } from '../../../src/lab/analysis/figures/budget-chart.ts';
import { rocChart } from '../../../src/lab/analysis/figures/roc-chart.ts';
import { rocOf } from '../../../src/core/roc.ts';
import { curvesCsv, lineChartSvg, type LineChart } from '../../../src/lab/analysis/figures/line-chart.ts';

const chart: LineChart = {
  title: 'Relearning <b>',
  x: 'updates',
  y: 'harmful answers',
  top: 1,
  write: (value) => `${100 * value}%`,
  curves: [
    {
      name: 'base & co',
      points: [
        { x: 0, y: 0, interval: [0, 0.2], n: 10 },
        { x: 10, y: 1, interval: [0.8, 1], n: 10 },
      ],
    },
    { name: '=hardened', points: [{ x: 10, y: 0.5, interval: null, n: 1 }] },
  ],
};

test('a chart escapes its texts, names every curve and places points between the axes', () => {
  const { svg } = lineChartSvg(chart);
  expect(svg).toContain('Relearning &lt;b&gt;');
  expect(svg).toContain('base &amp; co');
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  const centers = [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, x, y]) => [
    Number(x),
    Number(y),
  ]);
  expect(centers).toHaveLength(3);
  expect(centers[0]![1]).toBeGreaterThan(centers[2]![1]!);
  expect(centers[2]![1]).toBeGreaterThan(centers[1]![1]!);
});

test('its CSV has a row per point, and no cell that runs as a formula', () => {
  const lines = curvesCsv(chart).replace('\uFEFF', '').trimEnd().split('\r\n');
  expect(lines).toEqual([
    'curve,updates,harmful answers,low,high,n',
    'base & co,0,0,0,0.2,10',
    'base & co,10,1,0.8,1,10',
    "'=hardened,10,0.5,,,1",
  ]);
});

const tokens = [
  { text: '<s>', part: 'template' },
  { text: ' hi\n', part: 'attack' },
] as const;
const ends = { harmless: [0, 1], harmful: [0, 3] };
const maps = [
  {
    model: 'before',
    tokens,
    projection: {
      values: [
        [0, 1],
        [1, 3],
      ],
      ...ends,
    },
  },
  {
    model: 'after',
    tokens,
    projection: {
      values: [
        [0, 0],
        [2, -4],
      ],
      ...ends,
    },
  },
];

test('a reading is 0 at harmless and 1 at harmful requests, and none where the two do not differ', () => {
  const [before, after] = maps;
  expect([0, 1].map((token) => readingAt(before!.projection, 1, token))).toEqual([0, 1]);
  expect([0, 1].map((token) => readingAt(after!.projection, 1, token))).toEqual([0.5, -2.5]);
  expect(readingAt(before!.projection, 0, 1)).toBeNull();
});

test('a map shows every layer and token of every model on one scale', () => {
  const { svg } = layerMapSvg('Projection', maps);
  expect(svg.match(/<title>/g)).toHaveLength(8);
  expect(svg).toContain('&lt;s&gt;');
  expect(svg).toContain('·hi↵');
  const fills = new Map(
    [...svg.matchAll(/fill="([^"]+)"><title>(-?[\d.]+|none)/g)].map(([, fill, value]) => [value, fill]),
  );
  expect(fills.get('none')).toBe('#fff');
  expect(fills.get('-2.50')).toBe(fills.get('0.00'));
  expect(fills.get('1.00')).toBe('rgb(29,79,159)');
  const lines = layerMapCsv(maps).trimEnd().split('\r\n');
  expect(lines).toHaveLength(9);
  expect(lines.at(-1)).toMatch(/^after,1,1,.*,attack,-4,-2.5$/s);
});

test('success against budget rises where a success stands, by powers of ten, and a curve for each attack is told apart', () => {
  const cell = {
    model: 'm',
    defense: 'none',
    mode: 'static',
    evaluator: 'e',
    asked: 4,
    tokens: null,
  } as const;
  const passes = [
    { spent: 10, successes: 1 },
    { spent: 1000, successes: 3 },
  ];
  const curves = Array.from({ length: 14 }, (_, i) => ({ ...cell, attack: `a${i}`, passes }));
  const made = budgetChart(curves, 'Budget', (id) => id.toUpperCase());
  expect(made.curves[0]!.points.map(({ x, y }) => [x, y])).toEqual([
    [0, 0],
    [1, 0],
    [1, 0.25],
    [3, 0.25],
    [3, 0.75],
    [3, 0.75],
  ]);
  const { svg } = lineChartSvg(made);
  expect(svg).toMatch(/>1<.*>100<.*>1,000</);
  expect(svg).not.toContain('<circle');
  const styles = [...svg.matchAll(/<path[^>]*stroke="(#\w+)"[^>]*stroke-dasharray="([^"]*)"/g)];
  expect(new Set(styles.map(([, color, dash]) => `${color} ${dash}`)).size).toBe(14);
});

test('a ROC curve is drawn beside guessing, with the area in its key', () => {
  const roc = rocOf([0.9, 0.8, 0.3], [0.4, 0.2, 0.1])!;
  const made = rocChart(roc, 'Filter');
  expect(made.curves[0]!.name).toBe(`AUROC ${(8 / 9).toFixed(3)}`);
  expect(made.curves[0]!.points.at(-1)).toMatchObject({ x: 100, y: 1 });
  expect(lineChartSvg(made).svg).not.toMatch(/NaN|undefined/);
});
