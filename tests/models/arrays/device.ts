/** @file What an array device promises, whatever it computes on. */
import { expect, test } from 'vitest';
import { disposeAll, type ArrayDevice } from '../../../src/models/arrays/array-device.ts';
import { GraphBuilder } from '../../../src/models/onnx/graph.ts';
import { writeOnnx } from '../../../src/models/onnx/proto.ts';

/** `x` [n, 3] at `at` [m], times 2 → `picked`; and the sum of all → `sum`, a scalar. */
function graph(): Uint8Array {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['n', 3]);
  const rows = g.op('Gather', [x, g.input('at', 'int64', ['m'])]);
  g.op('Mul', [rows, g.scalar(2)], { outputs: ['picked'] });
  g.output('picked', 'float32', ['m', 3]);
  g.op('ReduceSum', [x], { attributes: { keepdims: { int: 0 } }, outputs: ['sum'] });
  g.output('sum', 'float32', []);
  return writeOnnx(g.finish('device', { '': 18 }));
}

/** A graph that the engine refuses. */
function broken(): Uint8Array {
  const g = new GraphBuilder();
  g.op('NoSuchOperator', [g.input('x', 'float32', [1])], { outputs: ['y'] });
  g.output('y', 'float32', [1]);
  return writeOnnx(g.finish('broken', { '': 18 }));
}

export function testDevice(open: () => Promise<ArrayDevice>): void {
  const values = Float32Array.from({ length: 12 }, (_, i) => i / 8);

  test('gives back the values that it was given, and copies of them', async () => {
    const device = await open();
    const x = device.upload([4, 3], values);
    const read = await device.read(x);
    expect([x.shape, read]).toEqual([[4, 3], values]);
    read.fill(9);
    expect(await device.read(x)).toEqual(values);
    device.write(x, new Float32Array(12).fill(7));
    expect(await device.read(x)).toEqual(new Float32Array(12).fill(7));
    x.dispose();
  });

  test('runs a program on arrays of any length, of floats and of integers, more than once', async () => {
    const device = await open();
    const program = device.program(graph);
    for (const indices of [[2], [3, 0, 2, 2], []]) {
      const given = { x: device.upload([4, 3], values), at: device.uploadInts([indices.length], indices) };
      const made = await program.run(given);
      expect(made['picked']!.shape).toEqual([indices.length, 3]);
      const expected = indices.flatMap((row) => [0, 1, 2].map((i) => 2 * values[3 * row + i]!));
      expect([...(await device.read(made['picked']!))]).toEqual(expected);
      expect([made['sum']!.shape, [...(await device.read(made['sum']!))]]).toEqual([[], [8.25]]);
      disposeAll({ ...given, ...made });
    }
    program.dispose();
  });

  test('shows its memory, so that a change of it changes what programs read', async () => {
    const device = await open();
    const program = device.program(graph);
    const given = { x: device.upload([4, 3], values), at: device.uploadInts([1], [1]) };
    device.view(given.x)!.fill(3);
    const made = await program.run(given);
    expect([...(await device.read(made['picked']!))]).toEqual([6, 6, 6]);
    disposeAll({ ...given, ...made });
    program.dispose();
  });

  test('counts the bytes of living arrays, once each', async () => {
    const device = await open();
    const before = device.bytesHeld;
    const program = device.program(graph);
    const given = { x: device.upload([4, 3], values), at: device.uploadInts([2], [1, 0]) };
    expect(device.bytesHeld - before).toBe(12 * 4 + 2 * 8);
    const made = await program.run(given);
    expect(device.bytesHeld - before).toBe(12 * 4 + 2 * 8 + (6 + 1) * 4);
    disposeAll({ ...given, ...made });
    given.x.dispose();
    expect(device.bytesHeld).toBe(before);
    program.dispose();
  });

  test('refuses an array that was given back, one that is missing, and one of integers to read', async () => {
    const device = await open();
    const program = device.program(graph);
    const x = device.upload([4, 3], values);
    const at = device.uploadInts([1], [0]);
    await expect(program.run({ x })).rejects.toThrow('The program needs "at".');
    await expect(device.read(at)).rejects.toThrow(RangeError);
    x.dispose();
    await expect(program.run({ x, at })).rejects.toThrow('disposed');
    at.dispose();
    program.dispose();
  });

  test('passes on what the engine says of a graph or a run that fails, and goes on', async () => {
    const device = await open();
    await expect(device.program(broken).run({ x: device.upload([1], new Float32Array(1)) })).rejects.toThrow(
      'NoSuchOperator',
    );
    const program = device.program(graph);
    const x = device.upload([4, 3], values);
    const [outside, inside] = [device.uploadInts([1], [4]), device.uploadInts([1], [3])];
    await expect(program.run({ x, at: outside })).rejects.toThrow(/out of data bounds/);
    const made = await program.run({ x, at: inside });
    expect([...(await device.read(made['picked']!))]).toEqual([2.25, 2.5, 2.75]);
    disposeAll({ x, outside, inside, ...made });
    program.dispose();
  });
}
