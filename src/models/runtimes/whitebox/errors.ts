/** @file Turns what ONNX Runtime and WebAssembly throw into failures that a user can act on. */
import { LabError } from '../../../core/errors.ts';

const memory = /4 GiB|memory\.grow|maximum memory size|out of memory|allocation failed/i;
const lost = /device (is|was) lost|lost device/i;

/** The promise's value. @throws LabError 'out-of-memory' or 'device-lost' in place of the engine's own errors. */
export async function explain<T>(id: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    if (!(cause instanceof Error) || cause instanceof LabError) throw cause;
    if (memory.test(cause.message))
      throw new LabError('out-of-memory', `${id} does not fit into this device's memory with this work.`, {
        advice:
          'Reload the page, close other tabs, and use a smaller model, fewer candidates or shorter prompts.',
        cause,
      });
    if (lost.test(cause.message))
      throw new LabError('device-lost', 'The graphics device stopped responding.', {
        advice: 'Load the model again; if it happens again, switch the device to the processor (WASM).',
        cause,
      });
    throw cause;
  }
}
