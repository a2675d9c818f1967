/** @file Which files of a hub's repository loading a model takes: small ones, and the weights of one data type. Pure. */
import type { HubFile } from './hub.ts';

/** Data types of ONNX weights on hubs, in order of preference. */
export const hubDtypes = (device: 'wasm' | 'webgpu') =>
  device === 'webgpu' ? (['q4f16', 'q4', 'fp16', 'fp32'] as const) : (['q8', 'q4', 'fp32'] as const);

const suffixes = { fp32: '', fp16: '_fp16', q8: '_quantized', q4: '_q4', q4f16: '_q4f16' } as const;

const smallFiles = /^(onnx\/)?[\w.-]+\.(json|jinja)$/;
const mostSmallBytes = 64 * 2 ** 20;

/** For the ONNX engine; no weights when the repository has none that it can run. */
export function onnxFiles(files: readonly HubFile[], device: 'wasm' | 'webgpu'): readonly HubFile[] {
  const small = files.filter(({ path, bytes }) => smallFiles.test(path) && bytes <= mostSmallBytes);
  for (const dtype of hubDtypes(device)) {
    const name = `onnx/model${suffixes[dtype]}.onnx`;
    // Large weights lie in files beside the graph: `….onnx_data`, `….onnx_data_1` and so on.
    const weights = files.filter(({ path }) => path === name || path.startsWith(`${name}_data`));
    if (weights.some(({ path }) => path === name)) return [...small, ...weights];
  }
  return small;
}

/** What methods that use gradients load instead. */
export const gradientFiles = (files: readonly HubFile[]): readonly HubFile[] =>
  files.filter(({ path }) => /^[\w.-]*\.safetensors$/.test(path));

/** For web-llm: its weights, its library and its small files. */
export const webLlmFiles = (files: readonly HubFile[]): readonly HubFile[] =>
  files.filter(({ path }) => /^[\w.-]+\.(json|bin)$/.test(path) || path.endsWith('.wasm'));
