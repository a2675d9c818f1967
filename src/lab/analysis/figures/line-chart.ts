/** @file Curves with their intervals as a picture that stands alone, and as CSV. */
import { byteOrderMark, csvRow } from '../../records/export.ts';
import { svgPicture, svgText, type Picture } from './svg.ts';

export interface CurvePoint {
  readonly x: number;
  readonly y: number;
  readonly interval: readonly [low: number, high: number] | null;
  /** Items behind the point. */
  readonly n: number;
}

export interface Curve {
  readonly name: string;
  readonly points: readonly CurvePoint[];
}

export interface LineChart {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  /** Top of the y axis. Default: what the points and intervals need. */
  readonly top?: number;
  /** How a value of the y axis is written. */
  readonly write: (value: number) => string;
  /** How a value of the x axis is written. Default: as it is. */
  readonly writeX?: (value: number) => string;
  /** Curves of many points are drawn without a mark on each. */
  readonly unmarked?: boolean;
  readonly curves: readonly Curve[];
}

const size = { width: 640, height: 360, left: 64, right: 16, top: 40, bottom: 48, key: 20 } as const;
/** Told apart without color by their dashes too. */
const colors = ['#0b6e66', '#a8361d', '#3a4a9f', '#6b6b00', '#7a3b8f'] as const;
const dashes = ['', '6 3', '2 3', '8 3 2 3', '1 2'] as const;
/** Every color meets every dash before two curves look the same. */
const styleOf = (i: number) => ({
  color: colors[i % colors.length]!,
  dash: dashes[(i + Math.floor(i / colors.length)) % dashes.length]!,
});

/** One curve over the other, each with the 95 % interval of its points as a band. */
export function lineChartSvg(chart: LineChart): Picture {
  const { title, x, y, top, write, writeX = String, unmarked = false, curves } = chart;
  const points = curves.flatMap((curve) => curve.points);
  const last = Math.max(1, ...points.map((point) => point.x));
  const most = top ?? Math.max(1e-9, ...points.map((point) => point.interval?.[1] ?? point.y));
  const height = size.height + curves.length * size.key;
  const atX = (value: number) =>
    (size.left + (value / last) * (size.width - size.left - size.right)).toFixed(1);
  const atY = (value: number) =>
    (
      size.top +
      (1 - Math.min(1, Math.max(0, value / most))) * (size.height - size.top - size.bottom)
    ).toFixed(1);
  const path = (some: readonly (readonly [number, number])[]) =>
    some.map(([px, py], i) => `${i === 0 ? 'M' : 'L'}${atX(px)} ${atY(py)}`).join('');
  const grid = [0, 0.25, 0.5, 0.75, 1].flatMap((share) => [
    `<line x1="${size.left}" x2="${size.width - size.right}" y1="${atY(share * most)}" y2="${atY(share * most)}" stroke="#ddd"/>`,
    svgText(
      size.left - 8,
      Number(atY(share * most)) + 4,
      write(share * most),
      'text-anchor="end" fill="#555"',
    ),
  ]);
  const ticks = [0, Math.round(last / 2), last].map((value) =>
    svgText(atX(value), size.height - size.bottom + 18, writeX(value), 'text-anchor="middle" fill="#555"'),
  );
  const drawn = curves.map(({ name, points: own }, i) => {
    const { color, dash } = styleOf(i);
    const banded = own.flatMap((point) => (point.interval ? [{ at: point.x, ends: point.interval }] : []));
    const band = [
      ...banded.map(({ at, ends }) => [at, ends[1]] as const),
      ...banded.toReversed().map(({ at, ends }) => [at, ends[0]] as const),
    ];
    const down = size.height + i * size.key;
    return [
      band.length > 2 ? `<path d="${path(band)}Z" fill="${color}" fill-opacity="0.12"/>` : '',
      `<path d="${path(own.map((point) => [point.x, point.y] as const))}" fill="none" stroke="${color}" stroke-width="2" stroke-dasharray="${dash}"/>`,
      ...(unmarked ? [] : own).map(
        (point) => `<circle cx="${atX(point.x)}" cy="${atY(point.y)}" r="3" fill="${color}"/>`,
      ),
      `<line x1="${size.left}" x2="${size.left + 28}" y1="${down}" y2="${down}" stroke="${color}" stroke-width="2" stroke-dasharray="${dash}"/>`,
      svgText(size.left + 36, down + 4, name),
    ].join('');
  });
  return svgPicture(title, { width: size.width, height, fontSize: 12 }, [
    svgText(size.width - size.right, size.height - 14, x, 'text-anchor="end" fill="#555"'),
    svgText(size.left, size.height - 14, y, 'fill="#555"'),
    ...[...grid, ...ticks, ...drawn],
  ]);
}

/** One row per point. */
export const curvesCsv = ({ x, y, curves }: Pick<LineChart, 'x' | 'y' | 'curves'>): string =>
  byteOrderMark +
  csvRow(['curve', x, y, 'low', 'high', 'n']) +
  curves
    .flatMap(({ name, points }) =>
      points.map((point) =>
        csvRow([name, point.x, point.y, point.interval?.[0] ?? '', point.interval?.[1] ?? '', point.n]),
      ),
    )
    .join('');
