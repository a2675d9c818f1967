/** @file Tests of one operation: its graph against float64, and its vector–Jacobian products against central differences. */
import { openDevice } from '#arrays/host';
import { describe, expect, test } from 'vitest';
import { Scope } from '../../../../src/models/arrays/array-device.ts';
import { GraphBuilder } from '../../../../src/models/onnx/graph.ts';
import { writeOnnx } from '../../../../src/models/onnx/proto.ts';
import { centralDifferences, randomValues, relativeError, type Named, type Values } from '../values.ts';

export interface OperationCase {
  /** Shapes of the inputs: standard normal numbers. */
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  /** Inputs with values of their own. */
  readonly given?: Named;
  readonly integers?: Readonly<
    Record<string, { readonly shape: readonly number[]; readonly data: readonly number[] }>
  >;
  /** The names of the inputs are their names in the graph. */
  forward(g: GraphBuilder): string;
  reference(inputs: Named): Values;
  /** Gradients by the name of the input. */
  vjp?(g: GraphBuilder, dy: string): Readonly<Record<string, string>>;
}

const device = await openDevice('wasm', 1);

/** Runs a graph of the forward pass, with the products for `dy` if it is given. */
async function run(operation: OperationCase, inputs: Named, dy: Values | null, rank: number) {
  const g = new GraphBuilder();
  for (const [name, { shape }] of Object.entries(inputs)) g.input(name, 'float32', shape);
  for (const [name, { shape }] of Object.entries(operation.integers ?? {})) g.input(name, 'int64', shape);
  if (dy) g.input('dy', 'float32', dy.shape);
  const made = dy ? operation.vjp!(g, 'dy') : { y: operation.forward(g) };
  for (const [name, value] of Object.entries(made)) {
    g.op('Identity', [value], { outputs: [`out:${name}`] });
    const axes = dy ? inputs[name]!.shape.length : rank;
    g.output(
      `out:${name}`,
      'float32',
      Array.from({ length: axes }, (_, axis) => `${name}.${axis}`),
    );
  }
  const program = device.program(() => writeOnnx(g.finish('operation', { '': 18, 'com.microsoft': 1 })));
  return Scope.with(async (scope) => {
    const given = { ...inputs, ...(dy && { dy }) };
    const floats = Object.entries(given).map(([name, { shape, data }]) => [
      name,
      scope.own(device.upload(shape, Float32Array.from(data))),
    ]);
    const integers = Object.entries(operation.integers ?? {}).map(([name, { shape, data }]) => [
      name,
      scope.own(device.uploadInts(shape, data)),
    ]);
    const outputs = scope.ownAll(await program.run(Object.fromEntries([...floats, ...integers])));
    program.dispose();
    const read = new Map<string, { shape: readonly number[]; data: Float32Array }>();
    for (const name of Object.keys(made)) {
      const array = outputs[`out:${name}`]!;
      read.set(name, { shape: array.shape, data: await device.read(array) });
    }
    return read;
  });
}

/** Of float32 results, next to the largest of them. */
const tolerance = 1e-5;

export function checkOperation(title: string, operation: OperationCase): void {
  describe.each([1, 2, 3])(`${title}, seed %i`, (seed) => {
    const drawn = Object.entries(operation.inputs).map(([name, shape]) => [
      name,
      randomValues(shape, `${title} ${name} ${seed}`),
    ]);
    const inputs: Named = { ...Object.fromEntries(drawn), ...operation.given };
    const expected = operation.reference(inputs);

    test('is what float64 gives', async () => {
      const y = (await run(operation, inputs, null, expected.shape.length)).get('y')!;
      expect(y.shape).toEqual(expected.shape);
      expect(relativeError(y.data, expected.data)).toBeLessThan(tolerance);
    });

    if (!operation.vjp) return;
    test('has the gradients of central differences', async () => {
      const dy = randomValues(expected.shape, `${title} dy ${seed}`);
      const gradients = await run(operation, inputs, dy, expected.shape.length);
      expect(gradients.size).toBeGreaterThan(0);
      for (const [name, { shape, data }] of gradients) {
        expect(shape, name).toEqual(inputs[name]!.shape);
        const reference = (moved: Named) => operation.reference(moved).data;
        const differences = centralDifferences(reference, inputs, name, dy.data);
        expect(relativeError(data, differences), name).toBeLessThan(tolerance);
      }
    });
  });
}
