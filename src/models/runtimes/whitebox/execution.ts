/**
 * @file How work is handed to the device. On WASM jax-js can start threads of its own; we run in the calling thread
 * instead. That is faster for small models (a kernel takes less time than a message), leaves the other cores to other
 * workers, and needs no blob worker, which our content policy forbids. Large models are for WebGPU.
 */
import { defaultDevice, type numpy as np } from '@jax-js/jax';

export interface Execution {
  /** Have everything done that `x` depends on, so that its memory can be used again. Returns `x`. */
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
    // There is no call that runs without reading, so one value is read.
    x.ref.reshape([x.size]).slice([0, 1]).dataSync();
    return x;
  },
  read: async (x) => x.dataSync() as Float32Array,
};

export const chooseExecution = (): Execution => (defaultDevice() === 'wasm' ? inline : queued);
