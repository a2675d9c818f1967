/**
 * @file Arrays on a device, and programs that compute with them: ONNX graphs whose weights are inputs, so that one copy
 * of them serves every program. Three devices implement this: ONNX Runtime's WASM heap, its native build in Node, and
 * WebGPU buffers.
 */

/** Dense and row-major. A program borrows its inputs; whoever asked for an array disposes of it. */
export interface DeviceArray {
  readonly type: 'float32' | 'int64';
  readonly shape: readonly number[];
  /** Give back its memory. Calling it twice is harmless. */
  dispose(): void;
}

/** By the names of the graph. */
export type NamedArrays = Readonly<Record<string, DeviceArray>>;

export interface Program {
  /**
   * @param inputs at least those of the graph; others are ignored
   * @returns the graph's outputs, which the caller owns
   */
  run(inputs: NamedArrays): Promise<Record<string, DeviceArray>>;
  dispose(): void;
}

/** The most threads that an engine has; sums are added up in the same order up to that number (`operations/blocks.ts`). */
export const mostThreads = 4;

export interface ArrayDevice {
  readonly kind: 'wasm' | 'webgpu';
  /** Copies the values. */
  upload(shape: readonly number[], values: Float32Array): DeviceArray;
  /** Non-negative whole numbers below 2³², as int64. */
  uploadInts(shape: readonly number[], values: ArrayLike<number>): DeviceArray;
  /** A copy of the values. @throws RangeError for an array of integers */
  read(array: DeviceArray): Promise<Float32Array>;
  /**
   * The values themselves, where the processor can reach them: changing them changes the array. Valid until the next
   * call of this device. `null` for arrays in the memory of a graphics device.
   */
  view(array: DeviceArray): Float32Array | null;
  /** Replace the values of an array of float32. */
  write(array: DeviceArray, values: Float32Array): void;
  /** Compiles when it first runs. @param graph the bytes of an ONNX file, made when they are needed */
  program(graph: () => Uint8Array): Program;
  /** Bytes of all arrays that are alive. */
  readonly bytesHeld: number;
  /** Bytes that arrays and programs can still take; `null` where the device does not say. */
  readonly bytesLeft: number | null;
}

/** What a graph takes of `inputs`, in the order of its names. @throws RangeError if one is missing */
export const inputsOf = (names: readonly string[], inputs: NamedArrays): readonly DeviceArray[] =>
  names.map((name) => {
    const input = inputs[name];
    if (!input) throw new RangeError(`The program needs "${name}".`);
    return input;
  });

export const sizeOf = (shape: readonly number[]): number => shape.reduce((size, length) => size * length, 1);

/** Little-endian words of int64 numbers. */
export function int64Words(values: ArrayLike<number>): BigInt64Array<ArrayBuffer> {
  const words = new Int32Array(values.length * 2);
  for (let i = 0; i < values.length; i++) words[2 * i] = values[i]!;
  return new BigInt64Array(words.buffer);
}

/** Arrays that are given back together. */
export class Scope {
  readonly #arrays = new Set<DeviceArray>();

  /** Dispose of `array` with this scope. */
  own<T extends DeviceArray>(array: T): T {
    this.#arrays.add(array);
    return array;
  }

  ownAll<T extends NamedArrays>(arrays: T): T {
    for (const array of Object.values(arrays)) this.#arrays.add(array);
    return arrays;
  }

  /** Dispose of `array` now. */
  drop(array: DeviceArray): void {
    this.#arrays.delete(array);
    array.dispose();
  }

  close(): void {
    for (const array of this.#arrays) array.dispose();
    this.#arrays.clear();
  }

  /** Run `work` with a scope that closes when it ends. */
  static async with<T>(work: (scope: Scope) => Promise<T>): Promise<T> {
    const scope = new Scope();
    try {
      return await work(scope);
    } finally {
      scope.close();
    }
  }
}

export function disposeAll(arrays: NamedArrays): void {
  for (const array of Object.values(arrays)) array.dispose();
}
