/** @file What ONNX Runtime's failures mean for a user. */
import { isAbort, LabError } from '../../../core/errors.ts';

const outOfMemory = /out of memory|bad_alloc|allocation failed|memory access out of bounds|OOM|buffer size/i;
const lostDevice = /device (was |is )?lost|lost device|device\.lost|device has been lost/i;

function known(id: string, error: unknown): LabError | null {
  const text = String(error);
  if (lostDevice.test(text))
    return new LabError('device-lost', `The graphics device went away while ${id} was running.`, {
      advice: 'Load the model again; if it happens again, switch the device to the processor.',
      cause: error,
    });
  if (outOfMemory.test(text))
    return new LabError('out-of-memory', `${id} needs more memory than this tab may have.`, {
      advice: 'Use a smaller batch or a shorter prompt, close other tabs, or pick a smaller model.',
      cause: error,
    });
  return null;
}

/** A failed forward pass; what is not recognised is passed on as it is. */
export const explainRun = (id: string, error: unknown): unknown => known(id, error) ?? error;

/** A failed load. */
export function explainLoad(id: string, error: unknown): unknown {
  if (error instanceof LabError || isAbort(error)) return error;
  return (
    known(id, error) ??
    new LabError('bad-model', `${id} could not be started: ${firstLine(error)}`, {
      advice: 'Check that this is an ONNX export of a text model for transformers.js.',
      cause: error,
    })
  );
}

const firstLine = (error: unknown) =>
  (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
