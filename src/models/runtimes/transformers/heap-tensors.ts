/** @file Tensors of ONNX Runtime's JavaScript interface, as values of its WASM build: copies, or views of its heap. */
import { Tensor } from 'onnxruntime-web/wasm';
import type { OrtModule } from '../../arrays/ort-module.ts';
import { allocate, createValue, describeValue, place } from '../../arrays/ort-values.ts';

type Data = Exclude<Tensor.DataType, string[]>;
type DataConstructor = new (buffer: ArrayBufferLike, start: number, length: number) => Data;

export const elementTypes: readonly (readonly [type: Tensor.Type, code: number, data: DataConstructor])[] = [
  ['float32', 1, Float32Array],
  ['uint8', 2, Uint8Array],
  ['int8', 3, Int8Array],
  ['uint16', 4, Uint16Array],
  ['int16', 5, Int16Array],
  ['int32', 6, Int32Array],
  ['int64', 7, BigInt64Array],
  ['bool', 9, Uint8Array],
  ['float16', 10, ('Float16Array' in globalThis ? Float16Array : Uint16Array) as DataConstructor],
  ['float64', 11, Float64Array],
  ['uint32', 12, Uint32Array],
  ['uint64', 13, BigUint64Array],
];

/** The engine's values behind tensors whose data lies in its heap. */
export const valuesOf = new WeakMap<Tensor, number>();

const codeOf = (type: Tensor.Type): number => elementTypes.find(([name]) => name === type)?.[1] ?? 0;

export function copyIn(module: OrtModule, { type, dims, data }: Tensor): { value: number; data: number } {
  const view = data as Data;
  const pointer = place(module, view);
  const value = createValue(module, codeOf(type), dims, { pointer, bytes: view.byteLength });
  return { value, data: pointer };
}

/** The tensor of an engine's value: a view of the heap, or a copy if the value does not stay there. */
export function receive(module: OrtModule, value: number, stays: boolean): Tensor {
  const { code, pointer, shape } = describeValue(module, value);
  const [type] = elementTypes.find(([, number]) => number === code) ?? [];
  if (type === undefined) throw new Error(`the graph gives a tensor of an unknown type (${code})`);
  const view = viewOf(module, type, pointer, shape);
  const release = () => module._OrtReleaseTensor(value);
  if (stays) return heapTensor(module, { type, dims: shape, view, value, release });
  const copy = view.slice();
  release();
  return new Tensor(type, copy, shape);
}

function viewOf(module: OrtModule, type: Tensor.Type, pointer: number, dims: readonly number[]): Data {
  const constructor = elementTypes.find(([name]) => name === type)![2];
  const length = dims.reduce((product, size) => product * size, 1);
  return new constructor(module.HEAPU8.buffer, pointer, length);
}

interface HeapValue {
  readonly type: Tensor.Type;
  readonly dims: readonly number[];
  readonly view: Data;
  /** The engine's. */
  readonly value: number;
  release(): void;
}

/** A tensor that frees its memory when it is disposed of, and copies rows within the heap. */
function heapTensor(module: OrtModule, { type, dims, view, value, release }: HeapValue): Tensor {
  const tensor = Tensor.fromPinnedBuffer(type as Tensor.CpuPinnedDataTypes, view as never, dims);
  valuesOf.set(tensor, value);
  const forget = tensor.dispose.bind(tensor);
  return Object.assign(tensor, {
    dispose() {
      if (valuesOf.delete(tensor)) release();
      forget();
    },
    /** These rows, in this order, as a new tensor. */
    takeRows(rows: readonly number[]): Tensor {
      const [count = 1, ...rest] = dims;
      const bytes = view.byteLength / count;
      const pointer = allocate(module, bytes * rows.length);
      rows.forEach((row, place) => {
        const start = view.byteOffset + row * bytes;
        module.HEAPU8.copyWithin(pointer + place * bytes, start, start + bytes);
      });
      const taken = [rows.length, ...rest];
      const copy = createValue(module, codeOf(type), taken, { pointer, bytes: bytes * rows.length });
      return heapTensor(module, {
        ...{ type, dims: taken, view: viewOf(module, type, pointer, taken), value: copy },
        release() {
          module._OrtReleaseTensor(copy);
          module._free(pointer);
        },
      });
    },
  });
}
