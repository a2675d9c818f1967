/** @file Tensors of ONNX Runtime's JavaScript interface, as values of its WASM build: copies, or views of its heap. */
import { Tensor } from 'onnxruntime-web/wasm';
import { lastError, withStack, type OrtModule } from '../../arrays/ort-module.ts';

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
const onProcessor = 1;

/** The engine's values behind tensors whose data lies in its heap. */
export const valuesOf = new WeakMap<Tensor, number>();

export function allocate(module: OrtModule, bytes: number): number {
  const pointer = module._malloc(Math.max(8, bytes));
  if (pointer === 0) throw new Error(`out of memory: no ${bytes} bytes are left in the heap`);
  return pointer;
}

export function copyIn(module: OrtModule, { type, dims, data }: Tensor): { value: number; data: number } {
  const { buffer, byteOffset, byteLength } = data as Data;
  const pointer = allocate(module, byteLength);
  module.HEAPU8.set(new Uint8Array(buffer, byteOffset, byteLength), pointer);
  return { value: createValue(module, type, dims, pointer, byteLength), data: pointer };
}

/** A value of the engine over memory that was allocated for it, which is freed if there is none. */
function createValue(
  module: OrtModule,
  type: Tensor.Type,
  dims: readonly number[],
  pointer: number,
  bytes: number,
): number {
  const [, code = 0] = elementTypes.find(([name]) => name === type) ?? [];
  const value = withStack(module, (words) => {
    const shape = words(dims.length);
    module.HEAPU32.set(dims, shape / 4);
    return module._OrtCreateTensor(code, pointer, bytes, shape, dims.length, onProcessor);
  });
  if (value !== 0) return value;
  module._free(pointer);
  throw lastError(module);
}

/** The tensor of an engine's value: a view of the heap, or a copy if the value does not stay there. */
export function receive(module: OrtModule, value: number, stays: boolean): Tensor {
  const [code, pointer, dims] = withStack(module, (words) => {
    const at = words(4);
    if (module._OrtGetTensorData(value, at, at + 4, at + 8, at + 12)) throw lastError(module);
    const [type, start, shape, rank] = module.HEAPU32.subarray(at / 4, at / 4 + 4);
    const sizes = Array.from(module.HEAPU32.subarray(shape! / 4, shape! / 4 + rank!));
    module._OrtFree(shape!);
    return [type!, start!, sizes] as const;
  });
  const [type] = elementTypes.find(([, number]) => number === code) ?? [];
  if (type === undefined) throw new Error(`the graph gives a tensor of an unknown type (${code})`);
  const view = viewOf(module, type, pointer, dims);
  if (stays)
    return heapTensor(module, { type, dims, view, value, release: () => module._OrtReleaseTensor(value) });
  const copy = view.slice();
  module._OrtReleaseTensor(value);
  return new Tensor(type, copy, dims);
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
      const copy = createValue(module, type, taken, pointer, bytes * rows.length);
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
