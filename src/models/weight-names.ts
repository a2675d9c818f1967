/** @file Finds the weights that a configuration calls for, under the names by which checkpoints know them. */
import { LabError } from '../core/errors.ts';
import type { CheckpointTensor } from './import/checkpoint.ts';
import { checkShape, weightShapes } from './llama-weights.ts';
import type { LlamaConfig } from './llama.ts';

const embedding = 'model.embed_tokens.weight';
const head = 'lm_head.weight';

/** Other names of a weight: of models that were compiled or wrapped, are a part of a larger one, or saved without a head. */
const otherNames = (name: string): readonly string[] => [
  `_orig_mod.${name}`,
  `module.${name}`,
  `language_model.${name}`,
  name.replace(/^model\./, 'model.language_model.'),
  name.replace(/^model\./, ''),
];

/**
 * Exactly the tensors that `config` calls for, in its order and under its names. Others are left out: rotary tables,
 * buffers, a copy of a tied head. A tied model has one matrix for embedding and head, whatever its name.
 * @throws LabError 'bad-model' naming the first weight that is missing or has another shape
 */
export function findWeights(
  config: LlamaConfig,
  tensors: ReadonlyMap<string, CheckpointTensor>,
): ReadonlyMap<string, CheckpointTensor> {
  const find = (name: string): CheckpointTensor | undefined => {
    const found = [name, ...otherNames(name)].find((candidate) => tensors.has(candidate));
    if (found !== undefined) return tensors.get(found);
    return name === embedding && config.tieWordEmbeddings ? find(head) : undefined;
  };
  return new Map(
    Array.from(weightShapes(config), ([name, shape]) => {
      const tensor = find(name);
      if (!tensor)
        throw new LabError('bad-model', `The checkpoint has no weight "${name}".`, {
          advice: 'Check that config.json and the weights belong to the same checkpoint.',
        });
      checkShape(name, tensor.shape, shape);
      return [name, tensor];
    }),
  );
}
