/**
 * @file What ONNX Runtime's failures mean for a user, and how they get past transformers.js. In browsers it queues all
 * runs on one promise chain, and all session creations on another: one rejection would make all later ones reject with
 * its error. So neither rejects here. A failure is returned as a value, and the caller throws it outside of the chain.
 */
import type { PreTrainedModel } from '@huggingface/transformers';
import { isAbort, LabError, repairAdvice } from '../../../core/errors.ts';
import { excerpt } from '../../../core/excerpt.ts';

const failure = Symbol('failure');

/** `promise`, which resolves with an object that carries the error where it would reject. */
export const failureAsValue = <T>(promise: Promise<T>): Promise<T | object> =>
  promise.catch((error: unknown) => ({ [failure]: { error } }));

/** The error in what `failureAsValue` gave, if any. */
export const failureIn = (value: object): { readonly error: unknown } | undefined =>
  (value as { readonly [failure]?: { readonly error: unknown } })[failure];

interface Session {
  run(...args: unknown[]): Promise<Record<string, unknown>>;
}

/** Make failed runs of `model` resolve; see `failureIn`. */
export function returnRunFailures(model: PreTrainedModel): void {
  for (const session of Object.values(model.sessions as Record<string, Session>)) {
    const run = session.run.bind(session);
    session.run = (...args) => failureAsValue(run(...args)) as Promise<Record<string, unknown>>;
  }
}

const outOfMemory = /out of memory|bad_alloc|allocation failed|memory access out of bounds|OOM|buffer size/i;
const lostDevice = /device (was |is )?lost|lost device|device\.lost|device has been lost/i;

function recognize(id: string, error: unknown): LabError | null {
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

/** A failed forward pass; an unrecognized error is returned unchanged. */
export const explainRun = (id: string, error: unknown): unknown => recognize(id, error) ?? error;

/** ONNX Runtime's words where its own WebAssembly file does not start. */
const noEngine = /no available backend found/i;

/** A failed load. */
export function explainLoad(id: string, error: unknown): unknown {
  if (error instanceof LabError || isAbort(error)) return error;
  if (noEngine.test(String(error)))
    return new LabError('unreachable', `The engine that runs ${id} could not be started.`, {
      advice: repairAdvice,
      cause: error,
    });
  return (
    recognize(id, error) ??
    new LabError('bad-model', `${id} could not be started: ${reasonOf(error)}.`, {
      advice: 'Check that this is an ONNX export of a text model for transformers.js.',
      cause: error,
    })
  );
}

/** What ONNX Runtime says; the library's own mistakes with a file that it did not expect say nothing to a user. */
function reasonOf(error: unknown): string {
  if (error instanceof TypeError || error instanceof RangeError) return 'its files do not go together';
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n', 1);
  return excerpt(line.replace(/\.$/, ''), 300);
}
