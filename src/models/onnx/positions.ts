/**
 * @file What attention knows of positions, as nodes of an ONNX graph: which ones a query may see, and rotary tables.
 * Shapes: B = rows, S = new tokens, T = S and the cached ones, G = query heads per key head, D = head size.
 */
import type { AttentionKind } from '../llama-family.ts';
import { ropeFrequencies } from '../rope.ts';
import type { GraphBuilder } from './graph.ts';

/** Names of the graph's inputs, all int64. */
export interface LayerInputs {
  /** [B, S] */
  readonly ids: string;
  /** [B, T] */
  readonly mask: string;
  /** [B, S] */
  readonly positions: string;
}

/** What the rotary operator takes beside queries or keys. */
export interface RotaryTables {
  /** Rows of the tables, [B, S]. */
  readonly rows: string;
  /** [·, D/2] each. */
  readonly cos: string;
  readonly sin: string;
}

/** Longest context whose tables are stored whole; those of longer ones are put together from two short ones. */
const longestTable = 8192;
/** Positions in the finer of the two. */
const fine = 256;

/** The lengths S and T, and where a query may look, all rows of the mask considered; computed once per run. */
export class Positions {
  readonly #graph: GraphBuilder;
  readonly #inputs: LayerInputs;
  /** T, a scalar. */
  readonly total: string;
  /** T − S, a scalar. */
  readonly #past: string;
  /** True where a query sees a key: no later than itself, and no padding. [B, 1, S, T] */
  readonly #visible: string;

  constructor(graph: GraphBuilder, inputs: LayerInputs) {
    const g = graph;
    const { ids, mask } = inputs;
    this.#graph = graph;
    this.#inputs = inputs;
    const lengthOf = (value: string) => g.op('Gather', [g.op('Shape', [value]), g.ints(1)]);
    this.total = lengthOf(mask);
    const past = (this.#past = g.op('Sub', [this.total, lengthOf(ids)]));
    const keys = g.op('Range', [g.ints(0), this.total, g.ints(1)]);
    const queries = g.op('Unsqueeze', [g.op('Range', [past, this.total, g.ints(1)]), g.ints([1])]);
    const causal = g.op('LessOrEqual', [keys, queries]); // [S, T]
    const valid = g.op('Cast', [mask], { attributes: { to: { int: 9 } } });
    this.#visible = g.op('And', [causal, g.op('Unsqueeze', [valid, g.ints([1, 2])])]);
  }

  /** Added to the scores: 0 where a query may attend, −1e9 elsewhere. [B, 1, S, T] */
  bias({ window }: AttentionKind): string {
    const g = this.#graph;
    const seen = window === null ? this.#visible : g.op('And', [this.#visible, this.#within(window)]);
    return g.op('Where', [seen, g.scalar(0), g.scalar(-1e9)]);
  }

  /**
   * True where a key is among the last `window` tokens of a query's row. Tokens are counted here, since transformers.js
   * numbers the positions of some model types from 1.
   */
  #within(window: number): string {
    const g = this.#graph;
    const keys = g.op('CumSum', [this.#inputs.mask, g.ints(1)]); // [B, T]
    const start = g.op('Unsqueeze', [this.#past, g.ints([0])]);
    const queries = g.op('Slice', [keys, start, g.ints([2 ** 31 - 1]), g.ints([1])]); // [B, S]
    const first = g.op('Sub', [g.op('Unsqueeze', [queries, g.ints([1, 3])]), g.ints(window)]);
    return g.op('Greater', [g.op('Unsqueeze', [keys, g.ints([1, 2])]), first]);
  }

  /**
   * cos and sin of position × frequency, up to `maxPositions` itself, which is the last if positions start at 1.
   * @param name of the tables in the graph
   */
  rotaryTables({ rope }: AttentionKind, headDim: number, maxPositions: number, name: string): RotaryTables {
    const frequencies = ropeFrequencies(rope, headDim);
    const half = frequencies.length;
    const table = (suffix: string, valueAt: (angle: number) => number, rows: number, step = 1): string =>
      this.#graph.tensor(`${name}.${suffix}`, {
        shape: [rows, half],
        data: Float32Array.from({ length: rows * half }, (_, i) =>
          valueAt(Math.floor(i / half) * step * frequencies[i % half]!),
        ),
      });
    if (maxPositions <= longestTable) {
      const [cos, sin] = [table('cos', Math.cos, maxPositions + 1), table('sin', Math.sin, maxPositions + 1)];
      return { rows: this.#inputs.positions, cos, sin };
    }
    const coarse = Math.floor(maxPositions / fine) + 1;
    return this.#joined({
      coarse: [table('coarse.cos', Math.cos, coarse, fine), table('coarse.sin', Math.sin, coarse, fine)],
      fine: [table('fine.cos', Math.cos, fine), table('fine.sin', Math.sin, fine)],
    });
  }

  /** The rows of this run's positions, by the sines and cosines of a sum. */
  #joined(tables: Record<'coarse' | 'fine', readonly [cos: string, sin: string]>): RotaryTables {
    const g = this.#graph;
    const { positions } = this.#inputs;
    const flat = g.op('Reshape', [positions, g.ints([-1])]); // [B·S]
    const coarse = g.op('Div', [flat, g.ints(fine)]);
    const rest = g.op('Sub', [flat, g.op('Mul', [coarse, g.ints(fine)])]);
    const [cosA, sinA] = tables.coarse.map((table) => g.op('Gather', [table, coarse])) as [string, string];
    const [cosB, sinB] = tables.fine.map((table) => g.op('Gather', [table, rest])) as [string, string];
    const count = g.op('Gather', [g.op('Shape', [flat]), g.ints(0)]);
    const range = g.op('Range', [g.ints(0), count, g.ints(1)]);
    return {
      rows: g.op('Reshape', [range, g.op('Shape', [positions])]),
      cos: g.op('Sub', [g.op('Mul', [cosA, cosB]), g.op('Mul', [sinA, sinB])]),
      sin: g.op('Add', [g.op('Mul', [sinA, cosB]), g.op('Mul', [cosA, sinB])]),
    };
  }
}
