/**
 * @file How values get to the device and how work runs there. On WASM jax-js can start threads of its own; we run in the
 * calling thread instead. That is faster for small models (a kernel takes less time than a message), leaves the other
 * cores to other workers, and needs no blob worker, which our content policy forbids. Large models are for WebGPU.
 */
import { defaultDevice, numpy as np } from '@jax-js/jax';

export const float32 = (data: Float32Array, shape: number[] = [data.length]): np.Array =>
  np.array(data as Float32Array<ArrayBuffer>, { shape, dtype: np.float32 });
export const int32 = (data: ArrayLike<number>, shape: number[] = [data.length]): np.Array =>
  np.array(Int32Array.from(data), { shape, dtype: np.int32 });

export interface Execution {
  /** Wait for all work that `x` depends on, so that its memory can be reused. Returns `x`. */
  settle(x: np.Array): Promise<np.Array>;
  /** The values. Consumes `x`. */
  read(x: np.Array): Promise<Float32Array>;
}

const queued: Execution = {
  settle: (x) => x.blockUntilReady(),
  read: async (x) => (await x.data()) as Float32Array,
};

const inline: Execution = {
  async settle(x) {
    // No call runs work without reading, so one value is read.
    x.ref.reshape([x.size]).slice([0, 1]).dataSync();
    return x;
  },
  read: async (x) => x.dataSync() as Float32Array,
};

export const chooseExecution = (): Execution => (defaultDevice() === 'wasm' ? inline : queued);
