import {
  projection,
  projectionBiasVjp,
  projectionInputVjp,
  projectionWeightVjp,
} from '../../../../src/models/programs/operations/projection.ts';
import { values, type Values } from '../values.ts';
import { checkOperation } from './check.ts';

/** x · w: [N, in] and [in, out] → [N, out] */
function times(x: Values, w: Values): Values {
  const [rows, inner] = x.shape as [number, number];
  const out = w.shape[1]!;
  const data = new Float64Array(rows * out);
  for (let n = 0; n < rows; n++)
    for (let i = 0; i < inner; i++)
      for (let o = 0; o < out; o++) data[n * out + o]! += x.data[n * inner + i]! * w.data[i * out + o]!;
  return values([rows, out], data);
}

/** The last two have more terms than the kernel adds up at once. */
for (const [rows, size] of [
  [5, { in: 3, out: 4 }],
  [1, { in: 3, out: 4 }],
  [2, { in: 300, out: 3 }],
  [2, { in: 3, out: 300 }],
] as const)
  checkOperation(`a projection of ${rows} rows, ${size.in} to ${size.out}`, {
    inputs: { x: [rows, size.in], w: [size.in, size.out] },
    forward: (g) => projection(g, 'x', 'w', null, size),
    reference: ({ x, w }) => times(x!, w!),
    vjp: (g, dy) => ({ x: projectionInputVjp(g, dy, 'w', size), w: projectionWeightVjp(g, 'x', dy) }),
  });

checkOperation('a projection with a bias', {
  inputs: { x: [3, 6], w: [6, 2], b: [2] },
  forward: (g) => projection(g, 'x', 'w', 'b', { in: 6, out: 2 }),
  reference({ x, w, b }) {
    const y = times(x!, w!);
    return values(
      y.shape,
      y.data.map((value, i) => value + b!.data[i % 2]!),
    );
  },
  vjp: (g, dy) => ({
    x: projectionInputVjp(g, dy, 'w', { in: 6, out: 2 }),
    w: projectionWeightVjp(g, 'x', dy),
    b: projectionBiasVjp(g, dy),
  }),
});
