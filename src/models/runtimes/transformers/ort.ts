/**
 * @file What transformers.js gets when it imports `onnxruntime-web/webgpu` in our build (scripts/vite/ort.ts): the
 * build for this worker's device, served from our own site. Its failures to create a session do not reject.
 */
import { failureAsValue } from './errors.ts';
import { openDevice } from '../../arrays/browser-host.ts';
import type { HeapDevice } from '../../arrays/heap-device.ts';
import type { OrtWebModule, SessionOptions } from './heap-session.ts';

const onProcessor = self.name !== 'lab-webgpu';
const { default: ort, paths } = onProcessor ? await import('./ort-wasm.ts') : await import('./ort-webgpu.ts');

const absolute = (path: string) => new URL(path, globalThis.location.href).href;
// Unset, transformers.js would point at a content delivery network.
ort.env.wasm.wasmPaths = { mjs: absolute(paths.mjs), wasm: absolute(paths.wasm) };

type Create = typeof ort.InferenceSession.create;

async function create(...args: Parameters<Create>): Promise<object> {
  if (!onProcessor) return ort.InferenceSession.create(...args);
  const { HeapSession } = await import('./heap-session.ts');
  const [graph, options] = args as unknown as [Uint8Array, SessionOptions];
  return HeapSession.create(await openModule(ort.env.wasm.numThreads ?? 1), graph, options);
}

/** The engine of this worker that white-box models run in as well, with this number of threads. */
async function openModule(threads: number): Promise<OrtWebModule> {
  try {
    const device = (await openDevice('wasm', threads)) as HeapDevice;
    return device.module as OrtWebModule;
  } catch (error) {
    throw new Error('no available backend found', { cause: error });
  }
}

export const { env, Tensor } = ort;
/** A session that could not be created is an object that says why; see `failureIn`. */
export const InferenceSession = {
  create: (...args: Parameters<Create>) => failureAsValue(create(...args)),
};
