import { expect, test } from 'vitest';
import { layerMapCsv, layerMapSvg } from '../../../src/lab/analysis/figures/layer-map.ts';
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
  const svg = lineChartSvg(chart);
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

test('a map shows every layer and token of every model on one scale', () => {
  const maps = [
    {
      name: 'before',
      projection: {
        tokens: ['<s>', ' hi\n'],
        values: [
          [0, 1],
          [2, -4],
        ],
      },
    },
    {
      name: 'after',
      projection: {
        tokens: ['<s>', ' hi\n'],
        values: [
          [0, 0],
          [0, 2],
        ],
      },
    },
  ];
  const svg = layerMapSvg('Projection', maps);
  expect(svg.match(/<title>/g)).toHaveLength(8);
  expect(svg).toContain('&lt;s&gt;');
  expect(svg).toContain('·hi↵');
  const fills = [...svg.matchAll(/fill="(rgb[^"]+)"><title>(-?[\d.]+)/g)].map(([, fill, value]) => [
    value,
    fill,
  ]);
  expect(new Map(fills.map(([value, fill]) => [value, fill])).get('0.00')).toBe('rgb(255,255,255)');
  expect(layerMapCsv(maps).split('\r\n')).toHaveLength(10);
});
