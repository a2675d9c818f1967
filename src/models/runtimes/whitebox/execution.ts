/**
 * @file How work is handed to the device. On WASM jax-js offers two ways: at once in the calling thread, or through
 * threads of its own. The first is faster for small models (a kernel takes less time than a message), leaves the
 * other cores to other workers, and needs no blob worker, which a strict content policy forbids.
 */
import { defaultDevice, type numpy as np } from '@jax-js/jax';
import { parameterCount, type LlamaConfig } from '../../llama.ts';

export interface Execution {
  /** Have everything done that `x` depends on, so that its memory can be used again. Returns `x`. */
  settle(x: np.Array): Promise<np.Array>;
  /** The values. Consumes `x`. */
  read(x: np.Array): Promise<Float32Array>;
}

const throughDevice: Execution = {
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

/** Parameters from which threads are worth their messages. */
const worthThreads = 2e7;
let threads = false;

export function chooseExecution(config: LlamaConfig): Execution {
  const small = parameterCount(config) < worthThreads;
  return defaultDevice() === 'wasm' && (small || !threads) ? inline : throughDevice;
}

/** Find out whether jax-js may start its threads; without this call it is taken that it may not. */
export async function tryThreads(config: LlamaConfig): Promise<void> {
  if (!threads && parameterCount(config) >= worthThreads) threads = await canStartBlobWorker();
}

async function canStartBlobWorker(): Promise<boolean> {
  if (typeof Worker === 'undefined' || typeof SharedArrayBuffer === 'undefined') return false;
  const url = URL.createObjectURL(new Blob(['postMessage(0)'], { type: 'text/javascript' }));
  let worker: Worker | undefined;
  try {
    return await new Promise<boolean>((resolve) => {
      worker = new Worker(url, { type: 'module' });
      worker.onmessage = () => resolve(true);
      worker.onerror = () => resolve(false);
      setTimeout(() => resolve(false), 2000);
    });
  } catch {
    return false;
  } finally {
    worker?.terminate();
    URL.revokeObjectURL(url);
  }
}
