import {
  linear,
  linearBiasVjp,
  linearInputVjp,
  linearWeightVjp,
} from '../../../../src/models/programs/operations/linear.ts';
import { timesTransposed, values } from '../values.ts';
import { checkOperation } from './check.ts';

checkOperation('a linear layer', {
  inputs: { x: [5, 3], w: [4, 3] },
  forward: (g) => linear(g, 'x', 'w'),
  reference: ({ x, w }) => timesTransposed(x!, w!),
  vjp: (g, dy) => ({ x: linearInputVjp(g, dy, 'w'), w: linearWeightVjp(g, 'x', dy) }),
});

checkOperation('a linear layer with a bias', {
  inputs: { x: [3, 6], w: [2, 6], b: [2] },
  forward: (g) => linear(g, 'x', 'w', 'b'),
  reference({ x, w, b }) {
    const y = timesTransposed(x!, w!);
    return values(
      y.shape,
      y.data.map((value, i) => value + b!.data[i % 2]!),
    );
  },
  vjp: (g, dy) => ({
    x: linearInputVjp(g, dy, 'w'),
    w: linearWeightVjp(g, 'x', dy),
    b: linearBiasVjp(g, dy),
  }),
});
