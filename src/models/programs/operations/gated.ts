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

/** The activation and its derivative, which share what takes time. */
function slope(g: GraphBuilder, gate: string, activation: Activation) {
  const times = (x: string, factor: number) => g.op('Mul', [x, g.scalar(factor)]);
  const plus = (x: string, term: number) => g.op('Add', [x, g.scalar(term)]);
  const oneMinus = (x: string) => g.op('Sub', [g.scalar(1), x]);
  switch (activation) {
    case 'silu': {
      // With s = sigmoid(x): x s, and s + x s (1 − s)
      const sigmoid = g.op('Sigmoid', [gate]);
      const value = g.op('Mul', [gate, sigmoid]);
      return { value, derivative: g.op('Add', [sigmoid, g.op('Mul', [value, oneMinus(sigmoid)])]) };
    }
    case 'gelu-tanh': {
      // With t = tanh(√(2/π) (x + 0.044715 x³)): ½ x (1 + t), and ½ (1 + t) + ½ x (1 − t²) √(2/π) (1 + 0.134145 x²)
      const scale = Math.sqrt(2 / Math.PI);
      const square = g.op('Mul', [gate, gate]);
      const inner = g.op('Mul', [gate, plus(times(square, 0.044715 * scale), scale)]);
      const t = g.op('Tanh', [inner]);
      const share = times(plus(t, 1), 0.5);
      const steep = g.op('Mul', [
        oneMinus(g.op('Mul', [t, t])),
        plus(times(square, 0.134145 * scale), scale),
      ]);
      const derivative = g.op('Add', [share, times(g.op('Mul', [gate, steep]), 0.5)]);
      return { value: g.op('Mul', [gate, share]), derivative };
    }
    default:
      return activation satisfies never;
  }
}

/** For the way back: the product again, and the gradients of gate and up from that of the product. */
export function gatedVjp(g: GraphBuilder, gate: string, up: string, activation: Activation) {
  const { value, derivative } = slope(g, gate, activation);
  return {
    product: () => g.op('Mul', [value, up]),
    gradients: (dy: string) => ({
      dGate: g.op('Mul', [g.op('Mul', [dy, up]), derivative]),
      dUp: g.op('Mul', [dy, value]),
    }),
  };
}
