/** @file Arrays in the memory of Node, and programs in ONNX Runtime's native build. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import {
  inputsOf,
  int64Words,
  type ArrayDevice,
  type DeviceArray,
  type NamedArrays,
  type Program,
} from './array-device.ts';

class NativeArray implements DeviceArray {
  readonly type: 'float32' | 'int64';
  readonly shape: readonly number[];
  readonly #device: NativeDevice;
  #tensor: Tensor | null;

  constructor(device: NativeDevice, tensor: Tensor) {
    this.type = tensor.type as 'float32' | 'int64';
    this.shape = tensor.dims;
    this.#device = device;
    this.#tensor = tensor;
    device.bytesHeld += tensor.data.length * (this.type === 'float32' ? 4 : 8);
  }

  get tensor(): Tensor {
    if (!this.#tensor) throw new Error('This array was disposed of.');
    return this.#tensor;
  }

  dispose(): void {
    if (!this.#tensor) return;
    this.#device.bytesHeld -= this.#tensor.data.length * (this.type === 'float32' ? 4 : 8);
    this.#tensor = null;
  }
}

const tensorOf = (array: DeviceArray): Tensor => (array as NativeArray).tensor;

class NativeProgram implements Program {
  readonly #device: NativeDevice;
  readonly #session: () => Promise<InferenceSession>;
  #started: Promise<InferenceSession> | null = null;

  constructor(device: NativeDevice, session: () => Promise<InferenceSession>) {
    this.#device = device;
    this.#session = session;
  }

  async run(inputs: NamedArrays): Promise<Record<string, DeviceArray>> {
    const session = await (this.#started ??= this.#session());
    const given = inputsOf(session.inputNames, inputs);
    const feeds = Object.fromEntries(given.map((input, i) => [session.inputNames[i]!, tensorOf(input)]));
    const outputs: Record<string, DeviceArray> = {};
    for (const [name, tensor] of Object.entries(await session.run(feeds)))
      outputs[name] = new NativeArray(this.#device, tensor as Tensor);
    return outputs;
  }

  dispose(): void {
    const started = this.#started;
    this.#started = null;
    void started?.then((session) => session.release());
  }
}

export class NativeDevice implements ArrayDevice {
  readonly kind = 'wasm';
  readonly #threads: number;
  bytesHeld = 0;
  readonly bytesLeft = null;

  constructor(threads: number) {
    this.#threads = threads;
  }

  upload(shape: readonly number[], values: Float32Array): DeviceArray {
    return new NativeArray(this, new Tensor('float32', values.slice(), shape));
  }

  uploadInts(shape: readonly number[], values: ArrayLike<number>): DeviceArray {
    return new NativeArray(this, new Tensor('int64', int64Words(values), shape));
  }

  async read(array: DeviceArray): Promise<Float32Array> {
    return this.view(array).slice();
  }

  view(array: DeviceArray): Float32Array {
    if (array.type !== 'float32') throw new RangeError('Only arrays of float32 are read.');
    return tensorOf(array).data as Float32Array;
  }

  write(array: DeviceArray, values: Float32Array): void {
    this.view(array).set(values);
  }

  program(graph: () => Uint8Array): Program {
    return new NativeProgram(this, () =>
      InferenceSession.create(graph(), { intraOpNumThreads: this.#threads, logSeverityLevel: 3 }),
    );
  }
}
