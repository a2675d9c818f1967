import { gated, gatedVjp } from '../../../../src/models/programs/operations/gated.ts';
import { randomValues, values } from '../values.ts';
import { checkOperation } from './check.ts';

const activations = {
  silu: (x: number) => x / (1 + Math.exp(-x)),
  'gelu-tanh': (x: number) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
} as const;

for (const activation of ['silu', 'gelu-tanh'] as const)
  for (const way of ['forward', 'back'] as const)
    checkOperation(`a gate with ${activation}, as the ${way} pass computes it`, {
      inputs: { up: [6, 7] },
      given: { gate: randomValues([6, 7], `gate ${activation}`, 2) }, // where it saturates, too
      forward: (g) =>
        way === 'forward'
          ? gated(g, 'gate', 'up', activation)
          : gatedVjp(g, 'gate', 'up', activation).product(),
      reference: ({ gate, up }) =>
        values(
          [6, 7],
          gate!.data.map((value, i) => activations[activation](value) * up!.data[i]!),
        ),
      vjp(g, dy) {
        const { dGate, dUp } = gatedVjp(g, 'gate', 'up', activation).gradients(dy);
        return { gate: dGate, up: dUp };
      },
    });
