/**
 * @file The graphs of an imported model: in single precision for every device, in half precision and with 4-bit matrices
 * for graphics adapters that have half-precision shaders. All read the same weights.
 */
import { familyOf } from '../llama-family.ts';
import type { LlamaConfig } from '../llama.ts';
import { writeLlamaClassifierOnnx } from '../onnx/llama-classifier.ts';
import { writeLlamaOnnx } from '../onnx/llama.ts';
import type { GraphWeight, GraphWeights } from '../onnx/products.ts';
import type { StoredGraphs } from '../stored-graphs.ts';
import type { FolderWriter } from './folder-writer.ts';
import { writeHashed } from './hashed-files.ts';
import type { ManifestFile } from './manifest.ts';
import type { WrittenFourBit } from './write-four-bit.ts';
import { weightsFile, type WrittenWeights } from './write-weights.ts';

/** Why a model is not computed in half precision, as a sentence; `null` if it is. */
export function withoutHalf(
  config: LlamaConfig,
  dtype: 'F16' | 'F32',
  { widened }: Pick<WrittenWeights, 'widened'> = { widened: [] },
): string | null {
  if (config.labels) return 'Classifiers are computed in single precision.';
  if (familyOf(config).exceedsHalf)
    return 'The activations of its family exceed the range of half precision (65,504), so it is computed in single precision.';
  if (dtype === 'F32') return 'Its weights are stored in single precision, and are computed in it.';
  if (widened.length > 0)
    return 'Some of its weights exceed the range of half precision, so it is computed in single precision.';
  return null;
}

export interface WrittenGraphs {
  readonly files: readonly ManifestFile[];
  readonly graphs: StoredGraphs['graphs'];
}

export async function writeGraphs(
  config: LlamaConfig,
  folder: FolderWriter,
  weights: WrittenWeights,
  { half, fourBit }: { readonly half: boolean; readonly fourBit: WrittenFourBit | null },
): Promise<WrittenGraphs> {
  const all = places(weights);
  const whole = { [weightsFile]: 'whole' as const };
  const write = (name: string, graph: () => Uint8Array<ArrayBuffer>) =>
    writeHashed(folder, `onnx/${name}.onnx`, (append) => append(graph()));
  if (config.labels)
    return {
      files: [await write('model', () => writeLlamaClassifierOnnx(config, all))],
      graphs: { float32: whole },
    };
  const files = [await write('model', () => writeLlamaOnnx(config, all))];
  if (!half) return { files, graphs: { float32: whole } };
  const arithmetic = 'float16';
  files.push(await write('model_fp16', () => writeLlamaOnnx(config, all, { arithmetic })));
  const graphs = { float32: whole, float16: whole };
  if (!fourBit) return { files, graphs };
  const mixed: GraphWeights = new Map<string, GraphWeight>([...all, ...fourBit.matrices]);
  files.push(await write('model_q4f16', () => writeLlamaOnnx(config, mixed, { arithmetic })));
  const read = [...all].filter(([name]) => !fourBit.matrices.has(name)).map(([, { place }]) => place);
  const needed = Math.max(...read.map(({ offset, length }) => offset + length));
  return {
    files,
    graphs: { ...graphs, q4f16: { [weightsFile]: needed, [fourBit.file.path]: 'whole' } },
  };
}

/** Every weight as a place in the weights' file. */
const places = ({ entries, headerBytes }: WrittenWeights) =>
  new Map(
    entries.map(({ name, shape, dtype, begin, end }) => [
      name,
      {
        shape,
        dtype: dtype === 'F16' ? ('float16' as const) : ('float32' as const),
        place: { location: weightsFile, offset: headerBytes + begin, length: end - begin },
      },
    ]),
  );
