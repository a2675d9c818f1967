/** @file AdamW with clipping by the global norm, as one compiled program over all weights. */
import { jit, numpy as np, tree } from '@jax-js/jax';
import type { TrainerOptions } from './training.ts';
import type { DeviceWeights } from './weights.ts';

export interface UpdateInput extends Record<string, DeviceWeights> {
  current: DeviceWeights;
  first: DeviceWeights;
  second: DeviceWeights;
  gradients: DeviceWeights;
}

/** Consumes its arguments. scalars: [learning rate, bias corrections of first and second moment]. */
export function createUpdate(options: TrainerOptions) {
  const { weightDecay = 0, beta1 = 0.9, beta2 = 0.95, epsilon = 1e-8, clipNorm = 1 } = options;
  return jit((input: UpdateInput, scalars: np.Array) => {
    const [rate, correct1, correct2] = [0, 1, 2].map((i) => scalars.ref.slice(i)) as [
      np.Array,
      np.Array,
      np.Array,
    ];
    scalars.dispose();
    const squares = tree.leaves<np.Array>(input.gradients as never).map((g) => np.sum(g.ref.mul(g.ref)));
    const norm = np.sqrt(squares.reduce((sum, square) => sum.add(square)));
    const clip = np.minimum(np.reciprocal(norm.ref.add(1e-6)).mul(clipNorm), 1);
    const groups = [input.current, input.first, input.second, input.gradients].map((group) =>
      tree.leaves<np.Array>(group as never),
    ) as [np.Array[], np.Array[], np.Array[], np.Array[]];
    const next = groups[0].map((old, i) => {
      const gradient = Number.isFinite(clipNorm) ? groups[3][i]!.mul(clip.ref) : groups[3][i]!;
      const first = groups[1][i]!.mul(beta1).add(gradient.ref.mul(1 - beta1));
      const second = groups[2][i]!.mul(beta2).add(gradient.ref.mul(gradient).mul(1 - beta2));
      const scale = np.reciprocal(np.sqrt(second.ref.mul(correct2.ref)).add(epsilon));
      const direction = first.ref.mul(correct1.ref).mul(scale);
      const decayed = old.ndim > 1 && weightDecay > 0 ? direction.add(old.ref.mul(weightDecay)) : direction;
      return { current: old.sub(decayed.mul(rate.ref)), first, second };
    });
    tree.dispose([clip, rate, correct1, correct2]);
    const shape = tree.structure(input.current as never);
    const regroup = (key: 'current' | 'first' | 'second') =>
      tree.unflatten(
        shape,
        next.map((entry) => entry[key]),
      ) as unknown as DeviceWeights;
    return { current: regroup('current'), first: regroup('first'), second: regroup('second'), norm };
  });
}
