import { rmsNorm, rmsNormVjp } from '../../../../src/models/programs/operations/rms-norm.ts';
import { dot, rowsOf, values } from '../values.ts';
import { checkOperation } from './check.ts';

// An epsilon as large as the squares shows whether it is where it belongs.
for (const [shape, options] of [
  [[5, 3], { epsilon: 0.5, offset: 0 }],
  [[4, 6], { epsilon: 1e-5, offset: 1 }],
  [[2, 3, 5], { epsilon: 0.5, offset: 1 }],
] as const)
  checkOperation(`RMS norm of [${shape}], epsilon ${options.epsilon}, offset ${options.offset}`, {
    inputs: { x: shape, w: [shape.at(-1)!] },
    forward: (g) => rmsNorm(g, 'x', 'w', options),
    reference: ({ x, w }) =>
      values(
        shape,
        rowsOf(x!).flatMap((row) => {
          const root = Math.sqrt(dot(row, row) / row.length + options.epsilon);
          return Array.from(row, (value, i) => (value / root) * (w!.data[i]! + options.offset));
        }),
      ),
    vjp(g, dy) {
      const { dx, weightGradient } = rmsNormVjp(g, 'x', 'w', dy, options);
      return { x: dx, w: weightGradient() };
    },
  });
