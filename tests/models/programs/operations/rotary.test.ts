import { rotate, rotateVjp } from '../../../../src/models/programs/operations/rotary.ts';
import { values, type Values } from '../values.ts';
import { checkOperation } from './check.ts';

const rotation = { rows: 'rows', cos: 'cos', sin: 'sin' };
const [heads, headDim, half] = [3, 8, 4];

/** Two rows of three positions, which do not begin at 0 and are not in order. */
const rows = { shape: [2, 3], data: [4, 5, 1, 0, 2, 6] };
const angles = Float64Array.from({ length: 7 * half }, (_, i) => Math.floor(i / half) * 0.7 ** (i % half));
const table = (valueAt: (angle: number) => number): Values =>
  values(
    [7, half],
    angles.map((angle) => Math.fround(valueAt(angle))),
  );

checkOperation('a rotation', {
  inputs: { x: [2, 3, heads * headDim] },
  given: { cos: table(Math.cos), sin: table(Math.sin) },
  integers: { rows },
  forward: (g) => rotate(g, 'x', rotation),
  reference({ x, cos, sin }) {
    const out = new Float64Array(x!.data.length);
    for (let at = 0; at < out.length; at++) {
      const i = at % headDim;
      const place = rows.data[Math.floor(at / (heads * headDim))]! * half + (i % half);
      const turned = i < half ? -x!.data[at + half]! : x!.data[at - half]!;
      out[at] = x!.data[at]! * cos!.data[place]! + turned * sin!.data[place]!;
    }
    return values(x!.shape, out);
  },
  vjp: (g, dy) => ({ x: rotateVjp(g, dy, rotation) }),
});
