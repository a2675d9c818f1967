/**
 * @file Decides what to fetch of a repository: weights that the importer reads, or else the files that are made for ONNX
 * Runtime, which are stored as they are. A model that neither can use is refused by name, before its weights are read.
 */
import { LabError } from '../../core/errors.ts';
import { excerpt } from '../../core/excerpt.ts';
import type { ComputeDevice } from '../compute-device.ts';
import { ggufFiles, onnxFiles, safetensorsFiles } from './choice.ts';
import type { HubName } from './name.ts';
import type { HubFile } from './addresses.ts';
import { parseLlamaConfig } from '../llama.ts';

export interface HubPlan {
  /** `import`: converted into the lab's stored form; `keep`: stored as published. */
  readonly how: 'import' | 'keep';
  readonly files: readonly HubFile[];
}

export interface HubPlanOptions {
  readonly device: ComputeDevice;
  /** Parsed `config.json` of the repository; `null` if it has none. */
  readonly config: Readonly<Record<string, unknown>> | null;
}

const isWeights = ({ path }: HubFile) => /\.(safetensors|onnx|gguf)$/.test(path);

/**
 * @param files the list of the repository
 * @throws LabError 'not-supported' or 'bad-model' for what no runtime can use, 'bad-input' if one GGUF file is to be named
 */
export function planHubFiles(
  { repo, file }: HubName,
  files: readonly HubFile[],
  { device, config }: HubPlanOptions,
): HubPlan {
  if (file !== null) {
    const named = ggufFiles(files, file);
    if (named.length > 0) return { how: 'import', files: named };
    throw noSuchFile(repo, file, files);
  }
  const safetensors = safetensorsFiles(files);
  const onnx = onnxFiles(files, device);
  const hasOnnx = onnx.some(isWeights);
  let refusal: unknown = null;
  if (safetensors.length > 0 && config) {
    try {
      parseLlamaConfig(config);
      return { how: 'import', files: safetensors };
    } catch (error) {
      refusal = error;
    }
  }
  if (hasOnnx && config) return { how: 'keep', files: onnx };
  throw refusal ?? noWeights(repo, files);
}

const ggufNames = (files: readonly HubFile[]) =>
  files.filter(({ path }) => path.endsWith('.gguf')).map(({ path }) => path);

const listed = (names: readonly string[]) =>
  names.slice(0, 6).join(', ') + (names.length > 6 ? ` and ${names.length - 6} more` : '');

function noSuchFile(repo: string, file: string, files: readonly HubFile[]): LabError {
  const names = ggufNames(files);
  return new LabError('unknown-model', `${repo} has no file ${excerpt(file)}.`, {
    advice: names.length > 0 ? `Its GGUF files: ${listed(names)}.` : 'It has no GGUF files.',
  });
}

function noWeights(repo: string, files: readonly HubFile[]): LabError {
  const names = ggufNames(files);
  if (names.length > 0)
    return new LabError('bad-input', `${repo} has ${names.length} GGUF files, and one has to be named.`, {
      advice: `Write ${repo}:${names[0]}. Its files: ${listed(names)}.`,
    });
  return new LabError(
    'not-supported',
    `${repo} has no weights that can be read here: no model.safetensors with a config.json, no onnx/model.onnx, no .gguf file.`,
    { advice: 'Look for another repository of the same model, for example one with safetensors files.' },
  );
}
