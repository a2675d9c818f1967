/** @file Arrays in buffers of a graphics device, and programs in ONNX Runtime's WebGPU build. */
import * as ort from 'onnxruntime-web/webgpu';
import { GraphBuilder } from '../onnx/graph.ts';
import { writeOnnx } from '../onnx/proto.ts';
import {
  inputsOf,
  int64Words,
  sizeOf,
  type ArrayDevice,
  type DeviceArray,
  type NamedArrays,
  type Program,
} from './array-device.ts';

/** Values of a program are given back to the engine, those that were uploaded are buffers of our own. */
class GpuArray implements DeviceArray {
  readonly type: 'float32' | 'int64';
  readonly shape: readonly number[];
  readonly #device: WebGpuDevice;
  readonly #buffer: GPUBuffer | null;
  #tensor: ort.Tensor | null;

  constructor(device: WebGpuDevice, tensor: ort.Tensor, buffer: GPUBuffer | null) {
    this.type = tensor.type as 'float32' | 'int64';
    this.shape = tensor.dims;
    this.#device = device;
    this.#tensor = tensor;
    this.#buffer = buffer;
    device.bytesHeld += this.#bytes;
  }

  get #bytes(): number {
    return sizeOf(this.shape) * (this.type === 'float32' ? 4 : 8);
  }

  get tensor(): ort.Tensor {
    if (!this.#tensor) throw new Error('This array was disposed of.');
    return this.#tensor;
  }

  get buffer(): GPUBuffer | null {
    return this.#buffer ?? (this.tensor.location === 'gpu-buffer' ? this.tensor.gpuBuffer : null);
  }

  dispose(): void {
    if (!this.#tensor) return;
    if (this.#buffer) this.#buffer.destroy();
    else this.#tensor.dispose();
    this.#tensor = null;
    this.#device.bytesHeld -= this.#bytes;
  }
}

class GpuProgram implements Program {
  readonly #device: WebGpuDevice;
  readonly #graph: () => Uint8Array;
  #started: Promise<ort.InferenceSession> | null = null;

  constructor(device: WebGpuDevice, graph: () => Uint8Array) {
    this.#device = device;
    this.#graph = graph;
  }

  async run(inputs: NamedArrays): Promise<Record<string, DeviceArray>> {
    const session = await (this.#started ??= ort.InferenceSession.create(this.#graph(), {
      executionProviders: ['webgpu'],
      preferredOutputLocation: 'gpu-buffer',
      logSeverityLevel: 3,
    }));
    const given = inputsOf(session.inputNames, inputs);
    const feeds = Object.fromEntries(
      given.map((input, i) => [session.inputNames[i]!, (input as GpuArray).tensor]),
    );
    const outputs: Record<string, DeviceArray> = {};
    for (const [name, tensor] of Object.entries(await session.run(feeds)))
      outputs[name] = new GpuArray(this.#device, tensor as ort.Tensor, null);
    return outputs;
  }

  dispose(): void {
    const started = this.#started;
    this.#started = null;
    void started?.then((session) => session.release());
  }
}

class WebGpuDevice implements ArrayDevice {
  readonly kind = 'webgpu';
  readonly #gpu: GPUDevice;
  bytesHeld = 0;
  readonly bytesLeft = null;

  constructor(gpu: GPUDevice) {
    this.#gpu = gpu;
  }

  upload(shape: readonly number[], values: Float32Array): DeviceArray {
    if (values.length === 0) return new GpuArray(this, new ort.Tensor('float32', values, shape), null);
    const buffer = this.#gpu.createBuffer({
      size: Math.ceil(values.byteLength / 16) * 16,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    });
    this.#gpu.queue.writeBuffer(buffer, 0, values as Float32Array<ArrayBuffer>);
    const tensor = ort.Tensor.fromGpuBuffer(buffer, { dataType: 'float32', dims: [...shape] });
    return new GpuArray(this, tensor, buffer);
  }

  /** Integers are shapes and indices, which the engine reads on the processor or uploads itself. */
  uploadInts(shape: readonly number[], values: ArrayLike<number>): DeviceArray {
    return new GpuArray(this, new ort.Tensor('int64', int64Words(values), shape), null);
  }

  async read(array: DeviceArray): Promise<Float32Array> {
    const { tensor, buffer } = array as GpuArray;
    if (array.type !== 'float32') throw new RangeError('Only arrays of float32 are read.');
    if (!buffer) return (tensor.data as Float32Array).slice();
    const size = sizeOf(array.shape) * 4;
    const staging = this.#gpu.createBuffer({
      size: Math.ceil(size / 16) * 16,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
    const encoder = this.#gpu.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, 0, staging, 0, Math.ceil(size / 4) * 4);
    this.#gpu.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const values = new Float32Array(staging.getMappedRange().slice(0, size));
    staging.destroy();
    return values;
  }

  view(): null {
    return null;
  }

  write(array: DeviceArray, values: Float32Array): void {
    const { buffer } = array as GpuArray;
    if (buffer) this.#gpu.queue.writeBuffer(buffer, 0, values as Float32Array<ArrayBuffer>);
  }

  program(graph: () => Uint8Array): Program {
    return new GpuProgram(this, graph);
  }
}

/** The engine's own device. It lives as long as a session on it, so that the first is kept. */
let started: Promise<GPUDevice> | null = null;

async function start(): Promise<GPUDevice> {
  const { paths } = await import('./ort-webgpu-paths.ts');
  const absolute = (path: string) => new URL(path, globalThis.location.href).href;
  ort.env.wasm.wasmPaths = { mjs: absolute(paths.mjs), wasm: absolute(paths.wasm) };
  await ort.InferenceSession.create(nothing(), { executionProviders: ['webgpu'] });
  return ort.env.webgpu.device;
}

/** @throws what the engine throws if there is no graphics device */
export async function openWebGpu(): Promise<ArrayDevice> {
  started ??= start();
  started.catch(() => (started = null));
  return new WebGpuDevice(await started);
}

/** A graph that doubles a number. */
function nothing(): Uint8Array {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', [1]);
  g.op('Add', [x, x], { outputs: ['y'] });
  g.output('y', 'float32', [1]);
  return writeOnnx(g.finish('nothing', { '': 18 }));
}
