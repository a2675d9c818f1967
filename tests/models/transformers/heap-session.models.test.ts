import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Tensor } from 'onnxruntime-web/wasm';
import { beforeAll, expect, test } from 'vitest';
import { startOrt, type OrtFactory } from '../../../src/models/arrays/ort-module.ts';
import { writeLlamaOnnx } from '../../../src/models/onnx/llama.ts';
import { HeapSession, type OrtWebModule } from '../../../src/models/runtimes/transformers/heap-session.ts';
import { tinyConfig, tinyWeights } from '../tiny-model.ts';

type Tensors = Record<string, Tensor>;
interface RowsTensor extends Tensor {
  takeRows(rows: readonly number[]): RowsTensor;
}

let module: OrtWebModule;
let copying: HeapSession;
let keeping: HeapSession;
beforeAll(async () => {
  const folder = dirname(createRequire(import.meta.url).resolve('onnxruntime-web'));
  const script = pathToFileURL(join(folder, 'ort-wasm-simd-threaded.mjs')).href;
  const { default: factory } = (await import(/* @vite-ignore */ script)) as { default: OrtFactory };
  const wasmBinary = readFileSync(join(folder, 'ort-wasm-simd-threaded.wasm'));
  module = (await startOrt(factory, {
    numThreads: 1,
    wasmBinary,
    locateFile: (name) => name,
  })) as OrtWebModule;
  const graph = writeLlamaOnnx(tinyConfig, tinyWeights());
  copying = await HeapSession.create(module, graph);
  keeping = await HeapSession.create(module, graph);
  keeping.keepInHeap((output) => output.startsWith('present'));
});

const int64 = (values: readonly number[], dims: readonly number[]) =>
  new Tensor('int64', BigInt64Array.from(values, BigInt), dims);

/** One more token for each row, after `length` tokens in `past`. */
function step(session: HeapSession, ids: readonly number[], length: number, past: Tensors): Promise<Tensors> {
  const rows = ids.length;
  return session.run({
    input_ids: int64(ids, [rows, 1]),
    attention_mask: int64(new Array<number>(rows * (length + 1)).fill(1), [rows, length + 1]),
    position_ids: int64(new Array<number>(rows).fill(length), [rows, 1]),
    num_logits_to_keep: int64([1], []),
    ...past,
  });
}
const emptyCache = (rows: number): Tensors =>
  Object.fromEntries(
    copying.inputNames
      .filter((name) => name.startsWith('past'))
      .map((name) => [
        name,
        new Tensor('float32', new Float32Array(), [rows, tinyConfig.kvHeads, 0, tinyConfig.headDim]),
      ]),
  );
const cacheOf = ({ logits: _, ...rest }: Tensors): Tensors =>
  Object.fromEntries(
    Object.entries(rest).map(([name, tensor]) => [name.replace('present', 'past_key_values'), tensor]),
  );
const disposeAll = (tensors: Tensors) => Object.values(tensors).forEach((tensor) => tensor.dispose());

/** Logits of each step, the cache of each being released after its use. */
async function decode(session: HeapSession, steps: number): Promise<Tensor.DataType[]> {
  let past = emptyCache(2);
  const logits: Tensor.DataType[] = [];
  for (let length = 0; length < steps; length++) {
    const output = await step(session, [7 + length, 9 + length], length, past);
    disposeAll(past);
    past = cacheOf(output);
    logits.push(output['logits']!.data);
  }
  disposeAll(past);
  return logits;
}

test('a cache that stays in the heap gives the same bits as one that is copied', async () => {
  expect(await decode(keeping, 6)).toEqual(await decode(copying, 6));
});

test('a cache that stays is not copied, neither out nor in', async () => {
  const first = await step(keeping, [7, 9], 0, emptyCache(2));
  const key = first['present.0.key']!;
  expect(key.location).toBe('cpu-pinned');
  expect((key.data as Float32Array).buffer).toBe(module.HEAPU8.buffer);
  const { _malloc: malloc } = module;
  const asked: number[] = [];
  module._malloc = (bytes) => {
    asked.push(bytes);
    return malloc(bytes);
  };
  const second = await step(keeping, [8, 10], 1, cacheOf(first));
  module._malloc = malloc;
  expect(Math.max(...asked)).toBeLessThan((key.data as Float32Array).byteLength);
  disposeAll(cacheOf(first));
  disposeAll(cacheOf(second));
});

test('released memory is used again', async () => {
  await decode(keeping, 20);
  const before = module.HEAPU8.byteLength;
  for (let round = 0; round < 20; round++) await decode(keeping, 20);
  expect(module.HEAPU8.byteLength).toBe(before);
});

test('rows are taken within the heap, in any order, and outlive what they are taken from', async () => {
  const output = await step(keeping, [7, 9], 0, emptyCache(2));
  const key = output['present.0.key'] as RowsTensor;
  const data = (key.data as Float32Array).slice();
  const taken = key.takeRows([1, 0, 1]);
  disposeAll(cacheOf(output));
  const size = data.length / 2;
  const [first, second] = [data.slice(0, size), data.slice(size)];
  expect(taken.dims).toEqual([3, ...[...key.dims].slice(1)]);
  expect((taken.data as Float32Array).slice()).toEqual(Float32Array.of(...second, ...first, ...second));
  taken.dispose();
  taken.dispose();
  expect(() => taken.data).toThrow('disposed');
});

test('what the graph says of its inputs is told', () => {
  const { inputMetadata } = copying;
  expect(inputMetadata.find(({ name }) => name === 'input_ids')).toEqual({
    name: 'input_ids',
    isTensor: true,
    type: 'int64',
    shape: ['batch_size', 'sequence_length'],
  });
});

test('a failure says why, and the session goes on', async () => {
  await expect(step(keeping, [1e6], 0, emptyCache(1))).rejects.toThrow(/out of.*(bounds|range)/i);
  await expect(HeapSession.create(module, Uint8Array.of(1, 2, 3))).rejects.toThrow(/protobuf|model/i);
  const [logits] = await decode(keeping, 1);
  expect((logits as Float32Array).every(Number.isFinite)).toBe(true);
});
