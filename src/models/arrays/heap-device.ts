/**
 * @file Arrays in the heap of ONNX Runtime's WASM build, and programs over them. The C interface of the build takes
 * pointers, where its JavaScript interface copies every input and output of every run.
 */
import {
  inputsOf,
  int64Words,
  sizeOf,
  type ArrayDevice,
  type DeviceArray,
  type NamedArrays,
  type Program,
} from './array-device.ts';
import type { OrtModule } from './ort-module.ts';
import { OrtSession } from './ort-session.ts';
import { createValue, describeValue, place } from './ort-values.ts';

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

class HeapProgram implements Program {
  readonly #device: HeapDevice;
  readonly #graph: () => Uint8Array;
  #session: OrtSession | null = null;

  constructor(device: HeapDevice, graph: () => Uint8Array) {
    this.#device = device;
    this.#graph = graph;
  }

  async run(inputs: NamedArrays): Promise<Record<string, DeviceArray>> {
    const session = (this.#session ??= OrtSession.create(this.#device.module, this.#graph()));
    const names = session.inputs.map(({ name }) => name);
    const outputs = session.run(inputsOf(names, inputs).map((input) => (input as HeapArray).handle));
    return Object.fromEntries(session.outputs.map(({ name }, i) => [name, this.#device.adopt(outputs[i]!)]));
  }

  dispose(): void {
    this.#session?.release();
    this.#session = null;
  }
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
    const pointer = place(module, values);
    const handle = createValue(module, elementTypes[type], shape, { pointer, bytes: values.byteLength });
    return new HeapArray(this, { handle, pointer, owned: true }, type, shape);
  }

  /** An array for a value that the engine made. */
  adopt(handle: number): DeviceArray {
    const { code, pointer, shape } = describeValue(this.module, handle);
    const type = code === elementTypes.float32 ? 'float32' : 'int64';
    return new HeapArray(this, { handle, pointer, owned: false }, type, shape);
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
