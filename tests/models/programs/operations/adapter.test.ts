import { adapted, adaptedVjp } from '../../../../src/models/programs/operations/adapter.ts';
import { timesTransposed, values } from '../values.ts';
import { checkOperation } from './check.ts';

const adapter = { a: 'a', b: 'b', scale: 'scale' };

checkOperation('a low-rank adapter', {
  inputs: { x: [5, 3], a: [2, 3], b: [4, 2] },
  given: { scale: values([1], [1.75]) },
  forward: (g) => adapted(g, 'x', adapter),
  reference({ x, a, b, scale }) {
    const y = timesTransposed(timesTransposed(x!, a!), b!);
    return values(
      y.shape,
      y.data.map((value) => value * scale!.data[0]!),
    );
  },
  vjp(g, dy) {
    const { dx, gradients } = adaptedVjp(g, () => 'x', dy, adapter);
    const { da, db } = gradients();
    return { x: dx, a: da, b: db };
  },
});
