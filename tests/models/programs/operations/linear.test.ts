import {
  linear,
  linearInputVjp,
  linearWeightVjp,
} from '../../../../src/models/programs/operations/linear.ts';
import { timesTransposed } from '../values.ts';
import { checkOperation } from './check.ts';

checkOperation('a product with a table', {
  inputs: { x: [5, 3], w: [4, 3] },
  forward: (g) => linear(g, 'x', 'w'),
  reference: ({ x, w }) => timesTransposed(x!, w!),
  vjp: (g, dy) => ({ x: linearInputVjp(g, dy, 'w'), w: linearWeightVjp(g, 'x', dy) }),
});
