/** @file activation(gate) · up, and its vector–Jacobian products. */
import type { Family } from '../../llama-family.ts';
import type { GraphBuilder } from '../../onnx/graph.ts';

type Activation = Family['activation'];

function activate(g: GraphBuilder, gate: string, activation: Activation): string {
  const domain = 'com.microsoft';
  switch (activation) {
    case 'silu': // QuickGelu with alpha 1 is x · sigmoid(x)
      return g.op('QuickGelu', [gate], { domain, attributes: { alpha: { float: 1 } } });
    case 'gelu-tanh':
      return g.op('FastGelu', [gate], { domain });
    default:
      return activation satisfies never;
  }
}

export const gated = (g: GraphBuilder, gate: string, up: string, activation: Activation): string =>
  g.op('Mul', [activate(g, gate, activation), up]);

/** The activation's derivative. */
function slope(g: GraphBuilder, gate: string, activation: Activation): string {
  const times = (x: string, factor: number) => g.op('Mul', [x, g.scalar(factor)]);
  const plus = (x: string, term: number) => g.op('Add', [x, g.scalar(term)]);
  const oneMinus = (x: string) => g.op('Sub', [g.scalar(1), x]);
  switch (activation) {
    case 'silu': {
      const sigmoid = g.op('Sigmoid', [gate]);
      const bend = plus(g.op('Mul', [gate, oneMinus(sigmoid)]), 1);
      return g.op('Mul', [sigmoid, bend]);
    }
    case 'gelu-tanh': {
      // t = tanh(√(2/π) (x + 0.044715 x³)): ½ (1 + t) + ½ x (1 − t²) √(2/π) (1 + 0.134145 x²)
      const scale = Math.sqrt(2 / Math.PI);
      const square = g.op('Mul', [gate, gate]);
      const inner = g.op('Mul', [gate, plus(times(square, 0.044715 * scale), scale)]);
      const t = g.op('Tanh', [inner]);
      const steep = g.op('Mul', [
        oneMinus(g.op('Mul', [t, t])),
        plus(times(square, 0.134145 * scale), scale),
      ]);
      return times(g.op('Add', [plus(t, 1), g.op('Mul', [gate, steep])]), 0.5);
    }
    default:
      return activation satisfies never;
  }
}

export const gatedVjp = (
  g: GraphBuilder,
  gate: string,
  up: string,
  dy: string,
  activation: Activation,
): { readonly dGate: string; readonly dUp: string } => ({
  dGate: g.op('Mul', [g.op('Mul', [dy, up]), slope(g, gate, activation)]),
  dUp: g.op('Mul', [dy, activate(g, gate, activation)]),
});
