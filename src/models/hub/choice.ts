/** @file Which files of a hub's repository a model is made of: small ones, and the weights in one form. Pure. */
import type { ComputeDevice } from '../compute-device.ts';
import { isOwnFile } from '../import/own-files.ts';
import type { HubFile } from './addresses.ts';

/** Data types of ONNX weights on hubs that a device can compute in, in order of preference. */
export const hubDtypes = ({ kind, f16 }: ComputeDevice): readonly HubDtype[] =>
  kind === 'wasm' ? ['q8', 'q4', 'fp32'] : f16 ? ['q4f16', 'q4', 'fp16', 'fp32'] : ['q4', 'fp32'];

type HubDtype = keyof typeof suffixes;
const suffixes = { fp32: '', fp16: '_fp16', q8: '_quantized', q4: '_q4', q4f16: '_q4f16' } as const;

const smallFiles = /^(onnx\/)?[\w.-]+\.(json|jinja)$|^README\.md$/;
const mostSmallBytes = 64 * 2 ** 20;

/** For the ONNX engine; no weights when the repository has none that it can run. */
export function onnxFiles(files: readonly HubFile[], device: ComputeDevice): readonly HubFile[] {
  const small = files.filter(
    ({ path, bytes }) => smallFiles.test(path) && bytes <= mostSmallBytes && !isOwnFile(path),
  );
  for (const dtype of hubDtypes(device)) {
    const name = `onnx/model${suffixes[dtype]}.onnx`;
    // Large weights lie in files beside the graph: `….onnx_data`, `….onnx_data_1` and so on.
    const weights = files.filter(({ path }) => path === name || path.startsWith(`${name}_data`));
    if (weights.some(({ path }) => path === name)) return [...small, ...weights];
  }
  return small;
}

const weights = /^model\.safetensors$/;
const shard = /^model-\d{5}-of-\d{5}\.safetensors$/;
const index = /^model\.safetensors\.index\.json$/;
const described =
  /^(config|generation_config|tokenizer|tokenizer_config)\.json$|^chat_template\.jinja$|^README\.md$/;

/** What the importer reads of a Hugging Face repository; empty when its weights are not safetensors. */
export function safetensorsFiles(files: readonly HubFile[]): readonly HubFile[] {
  const named = (pattern: RegExp) => files.filter(({ path }) => pattern.test(path));
  const whole = named(weights);
  const parts = named(index).length > 0 ? [...named(index), ...named(shard)] : [];
  const taken = named(shard).length > 0 && parts.length > 0 ? parts : whole;
  return taken.length === 0 ? [] : [...named(described), ...taken];
}

const ggufShard = /^(.*)-\d{5}-of-(\d{5})\.gguf$/;

/** A GGUF file of a repository, with the others of its set where it was cut into several. */
export function ggufFiles(files: readonly HubFile[], path: string): readonly HubFile[] {
  const [, stem, count] = ggufShard.exec(path) ?? [];
  if (stem === undefined) return files.filter((file) => file.path === path);
  return files.filter((file) => {
    const found = ggufShard.exec(file.path);
    return found?.[1] === stem && found[2] === count;
  });
}

/** For web-llm: its weights, its library and its small files. */
export const webLlmFiles = (files: readonly HubFile[]): readonly HubFile[] =>
  files.filter(({ path }) => /^[\w.-]+\.(json|bin)$/.test(path) || path.endsWith('.wasm'));
