/**
 * @file Arrays in the heap of ONNX Runtime's WASM build, and programs over them. The C interface of the build takes
 * pointers, where its JavaScript interface copies every input and output of every run.
 */
import {
  int64Words,
  sizeOf,
  type ArrayDevice,
  type DeviceArray,
  type NamedArrays,
  type Program,
} from './array-device.ts';
import { lastError, withStack, type OrtModule } from './ort-module.ts';

const elementTypes = { float32: 1, int64: 7 } as const;
const bytesPer = { float32: 4, int64: 8 } as const;

/** A value of the engine. Its memory is ours (`owned`), or the engine's, which frees it with the value. */
class HeapArray implements DeviceArray {
  readonly type: 'float32' | 'int64';
  readonly shape: readonly number[];
  readonly pointer: number;
  readonly #device: HeapDevice;
  readonly #owned: boolean;
  #handle: number;

  constructor(
    device: HeapDevice,
    place: { handle: number; pointer: number; owned: boolean },
    type: 'float32' | 'int64',
    shape: readonly number[],
  ) {
    this.#device = device;
    this.#handle = place.handle;
    this.pointer = place.pointer;
    this.#owned = place.owned;
    this.type = type;
    this.shape = shape;
    device.count(this.bytes);
  }

  get bytes(): number {
    return sizeOf(this.shape) * bytesPer[this.type];
  }

  get handle(): number {
    if (this.#handle === 0) throw new Error('This array was disposed of.');
    return this.#handle;
  }

  dispose(): void {
    if (this.#handle === 0) return;
    const { module } = this.#device;
    module._OrtReleaseTensor(this.#handle);
    if (this.#owned) module._free(this.pointer);
    this.#handle = 0;
    this.#device.count(-this.bytes);
  }
}

/** A session, and its names as the engine spells them. */
interface Session {
  readonly handle: number;
  readonly inputs: ReadonlyMap<string, number>;
  readonly outputs: ReadonlyMap<string, number>;
}

class HeapProgram implements Program {
  readonly #device: HeapDevice;
  readonly #graph: () => Uint8Array;
  #started: Session | null = null;

  constructor(device: HeapDevice, graph: () => Uint8Array) {
    this.#device = device;
    this.#graph = graph;
  }

  async run(inputs: NamedArrays): Promise<Record<string, DeviceArray>> {
    const session = (this.#started ??= createSession(this.#device.module, this.#graph()));
    const { module } = this.#device;
    const handles = withStack(module, (allocate) => {
      const [names, values] = [allocate(session.inputs.size), allocate(session.inputs.size)];
      const [outNames, outValues] = [allocate(session.outputs.size), allocate(session.outputs.size)];
      const heap = module.HEAPU32;
      [...session.inputs].forEach(([name, encoded], i) => {
        const input = inputs[name];
        if (!input) throw new RangeError(`The program needs "${name}".`);
        heap[names / 4 + i] = encoded;
        heap[values / 4 + i] = (input as HeapArray).handle;
      });
      [...session.outputs.values()].forEach((encoded, i) => {
        heap[outNames / 4 + i] = encoded;
        heap[outValues / 4 + i] = 0;
      });
      const failed = module._OrtRun(
        session.handle,
        names,
        values,
        session.inputs.size,
        outNames,
        session.outputs.size,
        outValues,
        0,
      );
      if (failed) throw lastError(module);
      return Array.from(session.outputs.keys(), (_, i) => module.HEAPU32[outValues / 4 + i]!);
    });
    const outputs: Record<string, DeviceArray> = {};
    [...session.outputs.keys()].forEach((name, i) => (outputs[name] = this.#device.adopt(handles[i]!)));
    return outputs;
  }

  dispose(): void {
    const { module } = this.#device;
    const session = this.#started;
    this.#started = null;
    if (!session) return;
    for (const encoded of [...session.inputs.values(), ...session.outputs.values()]) module._OrtFree(encoded);
    module._OrtReleaseSession(session.handle);
  }
}

function createSession(module: OrtModule, graph: Uint8Array): Session {
  const bytes = module._malloc(graph.length);
  module.HEAPU8.set(graph, bytes);
  // All graph optimizations; no arena and no memory patterns, so that memory goes back when an array does.
  const options = module._OrtCreateSessionOptions(99, false, false, 0, false, 0, 0, 3, 0, 0);
  try {
    const handle = module._OrtCreateSession(bytes, graph.length, options);
    if (handle === 0) throw lastError(module);
    const [inputCount, outputCount] = withStack(module, (allocate) => {
      const counts = allocate(2);
      if (module._OrtGetInputOutputCount(handle, counts, counts + 4)) throw lastError(module);
      return [module.HEAPU32[counts / 4]!, module.HEAPU32[counts / 4 + 1]!] as const;
    });
    const names = Array.from({ length: inputCount + outputCount }, (_, i) => nameAt(module, handle, i));
    return { handle, inputs: new Map(names.slice(0, inputCount)), outputs: new Map(names.slice(inputCount)) };
  } finally {
    module._free(bytes);
    module._OrtReleaseSessionOptions(options);
  }
}

function nameAt(module: OrtModule, session: number, index: number): [name: string, encoded: number] {
  const stack = module.stackSave();
  const at = module.stackAlloc(8);
  const failed = module._OrtGetInputOutputMetadata(session, index, at, at + 4);
  const [encoded, metadata] = [module.HEAPU32[at / 4]!, module.HEAPU32[at / 4 + 1]!];
  module.stackRestore(stack);
  if (failed) throw lastError(module);
  module._OrtFree(metadata);
  return [module.UTF8ToString(encoded), encoded];
}

/** The memory of a WebAssembly module ends there. */
const heapLimit = 2 ** 32 - 2 ** 16;
/** Bytes of the arrays that are alive, by engine: each model has a device of its own, and they share the heap. */
const heldIn = new WeakMap<OrtModule, number>();

export class HeapDevice implements ArrayDevice {
  readonly kind = 'wasm';
  readonly module: OrtModule;
  #bytesHeld = 0;

  constructor(module: OrtModule) {
    this.module = module;
  }

  get bytesHeld(): number {
    return this.#bytesHeld;
  }

  get bytesLeft(): number {
    return heapLimit - (heldIn.get(this.module) ?? 0);
  }

  /** An array came to life, or with a negative number was given back. */
  count(bytes: number): void {
    this.#bytesHeld += bytes;
    heldIn.set(this.module, (heldIn.get(this.module) ?? 0) + bytes);
  }

  upload(shape: readonly number[], values: Float32Array): DeviceArray {
    return this.#place('float32', shape, values);
  }

  uploadInts(shape: readonly number[], values: ArrayLike<number>): DeviceArray {
    return this.#place('int64', shape, int64Words(values));
  }

  #place(
    type: 'float32' | 'int64',
    shape: readonly number[],
    values: Float32Array | BigInt64Array,
  ): DeviceArray {
    const { module } = this;
    const pointer = module._malloc(Math.max(8, values.byteLength));
    if (pointer === 0) throw new Error(`Out of memory: no ${values.byteLength} bytes are left.`);
    module.HEAPU8.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), pointer);
    const stack = module.stackSave();
    const dims = module.stackAlloc(4 * Math.max(1, shape.length));
    module.HEAPU32.set(shape, dims / 4);
    const onProcessor = 1;
    const handle = module._OrtCreateTensor(
      elementTypes[type],
      pointer,
      values.byteLength,
      dims,
      shape.length,
      onProcessor,
    );
    module.stackRestore(stack);
    if (handle === 0) {
      module._free(pointer);
      throw lastError(module);
    }
    return new HeapArray(this, { handle, pointer, owned: true }, type, shape);
  }

  /** An array for a value that the engine made. */
  adopt(handle: number): DeviceArray {
    const { module } = this;
    const stack = module.stackSave();
    const at = module.stackAlloc(16);
    const failed = module._OrtGetTensorData(handle, at, at + 4, at + 8, at + 12);
    const [type, pointer, dims, rank] = module.HEAPU32.subarray(at / 4, at / 4 + 4);
    module.stackRestore(stack);
    if (failed) throw lastError(module);
    const shape = Array.from(module.HEAPU32.subarray(dims! / 4, dims! / 4 + rank!));
    module._OrtFree(dims!);
    const name = type === elementTypes.float32 ? 'float32' : 'int64';
    return new HeapArray(this, { handle, pointer: pointer!, owned: false }, name, shape);
  }

  async read(array: DeviceArray): Promise<Float32Array> {
    return this.view(array).slice();
  }

  view(array: DeviceArray): Float32Array {
    if (array.type !== 'float32') throw new RangeError('Only arrays of float32 are read.');
    return new Float32Array(this.module.HEAPU8.buffer, (array as HeapArray).pointer, sizeOf(array.shape));
  }

  write(array: DeviceArray, values: Float32Array): void {
    this.view(array).set(values);
  }

  program(graph: () => Uint8Array): Program {
    return new HeapProgram(this, graph);
  }
}
