import type { GraphBuilder } from '../../../../src/models/onnx/graph.ts';
import {
  attention,
  attentionVjp,
  batchInvariantAttention,
} from '../../../../src/models/programs/operations/attention.ts';
import { dot, rowsOf, values, type Named, type Values } from '../values.ts';
import { checkOperation } from './check.ts';

interface Shape {
  readonly rows: number;
  readonly kvHeads: number;
  /** Query heads that share keys. */
  readonly groups: number;
  readonly cached: number;
  readonly fresh: number;
  readonly headDim: number;
  /** Positions that a query sees, its own included. */
  readonly window: number;
}

/** 0 where a query sees a key, −1e9 elsewhere. */
function biasOf({ groups, cached, fresh, window }: Shape): Values {
  const total = cached + fresh;
  const data = Array.from({ length: groups * fresh * total }, (_, i) => {
    const [key, query] = [i % total, cached + (Math.floor(i / total) % fresh)];
    return key <= query && key > query - window ? 0 : -1e9;
  });
  return values([1, 1, groups * fresh, total], data);
}

/** Along the positions. */
function joined(past: Values, own: Values): Values {
  const [rows, heads, cached, size] = past.shape as [number, number, number, number];
  const fresh = own.shape[2]!;
  const data = Array.from({ length: rows * heads }, (_, i) => [
    ...past.data.subarray(i * cached * size, (i + 1) * cached * size),
    ...own.data.subarray(i * fresh * size, (i + 1) * fresh * size),
  ]);
  return values([rows, heads, cached + fresh, size], data.flat());
}

function reference({ q, k, v, pastK, pastV, bias }: Named): Values {
  const [keys, mixed] = [joined(pastK!, k!), joined(pastV!, v!)].map(rowsOf);
  const [, , queries, size] = q!.shape as [number, number, number, number];
  const total = bias!.shape[3]!;
  const out = rowsOf(q!).map((query, at) => {
    const head = Math.floor(at / queries) * total;
    const scores = Array.from(
      { length: total },
      (_, t) => dot(query, keys![head + t]!) + bias!.data[(at % queries) * total + t]!,
    );
    const shares = scores.map((score) => Math.exp(score - Math.max(...scores)));
    const sum = shares.reduce((a, b) => a + b);
    return Array.from({ length: size }, (_, i) =>
      shares.reduce((mix, share, t) => mix + (share / sum) * mixed![head + t]![i]!, 0),
    );
  });
  return values(q!.shape, out.flat());
}

const append = (g: GraphBuilder, past: string, own: string) =>
  g.op('Concat', [past, own], { attributes: { axis: { int: 2 } } });
const arrays = (g: GraphBuilder) => ({
  q: 'q',
  k: append(g, 'pastK', 'k'),
  v: append(g, 'pastV', 'v'),
  bias: 'bias',
});

const shapes: Readonly<Record<string, Shape>> = {
  attention: { rows: 2, kvHeads: 3, groups: 1, cached: 0, fresh: 5, headDim: 4, window: 99 },
  'attention of grouped heads after cached positions': {
    ...{ rows: 2, kvHeads: 2, groups: 3, cached: 3, fresh: 4, headDim: 5, window: 99 },
  },
  'attention with a sliding window': {
    ...{ rows: 1, kvHeads: 2, groups: 2, cached: 4, fresh: 3, headDim: 6, window: 3 },
  },
  'attention of large heads': {
    ...{ rows: 1, kvHeads: 1, groups: 2, cached: 1, fresh: 2, headDim: 140, window: 99 },
  },
};

for (const [title, shape] of Object.entries(shapes)) {
  const { rows, kvHeads, groups, cached, fresh, headDim } = shape;
  const own = [rows, kvHeads, fresh, headDim];
  const past = [rows, kvHeads, cached, headDim];
  const shared = {
    inputs: { q: [rows, kvHeads, groups * fresh, headDim], k: own, v: own, pastK: past, pastV: past },
    given: { bias: biasOf(shape) },
    reference,
  };
  // Large heads are special only where bits must not depend on the batch.
  if (headDim <= 128)
    checkOperation(title, {
      ...shared,
      forward: (g) => attention(g, arrays(g)).mixed,
      vjp(g, dy) {
        const given = arrays(g);
        const { shares } = attention(g, given);
        const { dq, dk, dv } = attentionVjp(g, { ...given, shares }, dy, g.ints([cached]));
        return { q: dq, k: dk, v: dv };
      },
    });
  checkOperation(`batch-invariant ${title}`, {
    ...shared,
    forward(g) {
      const ones = g.constant({
        ...{ name: 'ones', type: 'float32', shape: [cached + fresh, headDim] },
        data: new Uint8Array(new Float32Array((cached + fresh) * headDim).fill(1).buffer),
      });
      return batchInvariantAttention(g, arrays(g), headDim, ones);
    },
  });
}
