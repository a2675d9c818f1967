/**
 * @file What transformers.js gets when it imports `onnxruntime-web/webgpu` in our build (scripts/vite/ort.ts): the
 * build for this worker's device, served from our own site. Its failures to create a session do not reject.
 */
import { failureAsValue } from './errors.ts';

const { default: ort, paths } =
  self.name === 'lab-webgpu' ? await import('./ort-webgpu.ts') : await import('./ort-wasm.ts');

const absolute = (path: string) => new URL(path, globalThis.location.href).href;
// Unset, transformers.js would point at a content delivery network.
ort.env.wasm.wasmPaths = { mjs: absolute(paths.mjs), wasm: absolute(paths.wasm) };

export const { env, Tensor } = ort;
/** A session that could not be created is an object that says why; see `failureIn`. */
export const InferenceSession = {
  create: (...args: Parameters<typeof ort.InferenceSession.create>) =>
    failureAsValue(ort.InferenceSession.create(...args)),
};
