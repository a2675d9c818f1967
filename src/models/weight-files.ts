/** @file The weights of a Hugging Face folder, of one file or several, read tensor by tensor. */
import { z } from 'zod';
import { LabError } from '../core/errors.ts';
import { issueTexts } from '../core/excerpt.ts';
import type { CheckpointTensor } from './import/checkpoint.ts';
import { openSafetensors } from './safetensors.ts';

const weightsFile = 'model.safetensors';
export const indexFile = 'model.safetensors.index.json';

/** Files of one checkpoint, by the name of the tensor that they hold. */
const indexSchema = z.looseObject({
  weight_map: z.record(
    z.string(),
    z
      .string()
      .max(200)
      .regex(/^[\w.-]+\.safetensors$/),
  ),
});
const mostFiles = 500;

/**
 * Names of the files that hold the weights.
 * @param index parsed `model.safetensors.index.json`, `null` if there is none
 * @throws LabError 'bad-model'
 */
export function weightFileNames(index: unknown): readonly string[] {
  if (index === null) return [weightsFile];
  const { data, error } = indexSchema.safeParse(index);
  const files = new Set(Object.values(data?.weight_map ?? {}));
  if (data && files.size <= mostFiles) return [...files];
  const reasons = error ? issueTexts(error.issues, 'index') : [`it names ${files.size} files`];
  throw new LabError('bad-model', `${indexFile} is not usable: ${reasons.join('; ')}.`, {
    advice: 'Fetch the file again; if that does not help, pick another model.',
  });
}

/**
 * All tensors by name, of whatever type: a type that cannot be decoded matters only once a tensor of it is read.
 * A tensor that shares its values with another is stored under one name; the file's notes tell the other.
 * @throws LabError 'bad-model' if a header is damaged
 */
export async function openWeights(files: Iterable<Blob>): Promise<ReadonlyMap<string, CheckpointTensor>> {
  const tensors = new Map<string, CheckpointTensor>();
  const aliases: [name: string, stored: unknown][] = [];
  for (const file of files) {
    const { entries, metadata, read, pieces } = await openSafetensors(file);
    for (const [name, { shape, dtype, begin, end }] of entries)
      tensors.set(name, {
        shape,
        type: dtype,
        bytes: end - begin,
        read: () => read(name),
        pieces: () => pieces(name),
      });
    aliases.push(...Object.entries(metadata));
  }
  for (const [name, stored] of aliases) {
    const tensor = tensors.get(stored as string);
    if (tensor && !tensors.has(name)) tensors.set(name, tensor);
  }
  return tensors;
}
