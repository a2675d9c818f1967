/**
 * @file Sums whose order does not depend on the number of threads. The kernel of a product adds up its terms in blocks of
 * 128, or of more where the columns that one thread gets are few; with a block at a time there is one order.
 */
import type { GraphBuilder } from '../../onnx/graph.ts';

const blockTerms = 128;
/** Threads share columns by whole sixteens: from here on each of four, which is the most, gets more than 64. */
const wide = 305;

/** A part of a value along one axis. */
type Part = (value: string, axis: number) => string;

/**
 * A product that adds up `terms` terms into each of `columns` columns.
 * @param add the product of one block of terms, added to the sum so far
 * @param start what is added to; `null`: nothing
 */
export function inBlocks(
  g: GraphBuilder,
  terms: number,
  columns: number,
  add: (part: Part, sum: string | null) => string,
  start: string | null,
): string {
  if (columns >= wide || terms <= blockTerms) return add((value) => value, start);
  let sum = start;
  for (let from = 0; from < terms; from += blockTerms) {
    const to = Math.min(terms, from + blockTerms);
    const part: Part = (value, axis) => g.op('Slice', [value, g.ints([from]), g.ints([to]), g.ints([axis])]);
    sum = add(part, sum);
  }
  return sum!;
}

/**
 * `multiply` of `rows` [N, …], into `columns` columns: with zeros below until there are as many rows as columns, so that
 * threads share rows and not columns. For few rows and any number of terms.
 */
export function byRows(
  g: GraphBuilder,
  rows: string,
  columns: number,
  multiply: (rows: string) => string,
): string {
  if (columns >= wide) return multiply(rows);
  const count = g.op('Shape', [rows], { attributes: { end: { int: 1 } } });
  const missing = g.op('Max', [g.op('Sub', [g.ints([columns]), count]), g.ints([0])]);
  const pads = g.op('Concat', [g.ints([0, 0]), missing, g.ints([0])], { attributes: { axis: { int: 0 } } });
  return g.op('Slice', [multiply(g.op('Pad', [rows, pads])), g.ints([0]), count, g.ints([0])]);
}
