/** @file Values of ONNX Runtime's WASM build over memory of its heap. */
import { lastError, withStack, type OrtModule } from './ort-module.ts';

const onProcessor = 1;

/** @throws Error that says so if the heap is full */
export function allocate(module: OrtModule, bytes: number): number {
  const pointer = module._malloc(Math.max(8, bytes));
  if (pointer === 0) throw new Error(`out of memory: no ${bytes} bytes are left in the heap`);
  return pointer;
}

/** Memory of the heap with these bytes. */
export function place(module: OrtModule, { buffer, byteOffset, byteLength }: ArrayBufferView): number {
  const pointer = allocate(module, byteLength);
  module.HEAPU8.set(new Uint8Array(buffer, byteOffset, byteLength), pointer);
  return pointer;
}

/**
 * A value of the engine over memory that was allocated for it, which is freed if there is none.
 * @param code of the element type
 */
export function createValue(
  module: OrtModule,
  code: number,
  shape: readonly number[],
  { pointer, bytes }: { readonly pointer: number; readonly bytes: number },
): number {
  const value = withStack(module, (words) => {
    const dims = words(shape.length);
    module.HEAPU32.set(shape, dims / 4);
    return module._OrtCreateTensor(code, pointer, bytes, dims, shape.length, onProcessor);
  });
  if (value !== 0) return value;
  module._free(pointer);
  throw lastError(module);
}

/** What a value holds, and where. */
export function describeValue(
  module: OrtModule,
  value: number,
): { readonly code: number; readonly pointer: number; readonly shape: number[] } {
  return withStack(module, (words) => {
    const at = words(4);
    if (module._OrtGetTensorData(value, at, at + 4, at + 8, at + 12)) throw lastError(module);
    const code = module.getValue(at, '*'); // renews the views of a heap that another thread made larger
    const [pointer, dims, rank] = module.HEAPU32.subarray(at / 4 + 1, at / 4 + 4);
    const shape = Array.from(module.HEAPU32.subarray(dims! / 4, dims! / 4 + rank!));
    module._OrtFree(dims!);
    return { code, pointer: pointer!, shape };
  });
}
