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

for (const rows of [5, 1])
  checkOperation(`a projection of ${rows} rows`, {
    inputs: { x: [rows, 3], w: [3, 4] },
    forward: (g) => projection(g, 'x', 'w', null),
    reference: ({ x, w }) => times(x!, w!),
    vjp: (g, dy) => ({ x: projectionInputVjp(g, dy, 'w'), w: projectionWeightVjp(g, 'x', dy) }),
  });

checkOperation('a projection with a bias', {
  inputs: { x: [3, 6], w: [6, 2], b: [2] },
  forward: (g) => projection(g, 'x', 'w', 'b'),
  reference({ x, w, b }) {
    const y = times(x!, w!);
    return values(
      y.shape,
      y.data.map((value, i) => value + b!.data[i % 2]!),
    );
  },
  vjp: (g, dy) => ({
    x: projectionInputVjp(g, dy, 'w'),
    w: projectionWeightVjp(g, 'x', dy),
    b: projectionBiasVjp(g, dy),
  }),
});
