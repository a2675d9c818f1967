/** @file Writes a model folder in Hugging Face layout, with the weights in half precision. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deriveModels } from '../scripts/derive-models.ts';
import type { TokenizerFiles } from '../src/models/chat-tokenizer.ts';
import { toHubConfig } from '../src/models/llama.ts';
import { readSafetensors, writeSafetensors, type Tensors } from '../src/models/safetensors.ts';
import { config, guardConfig, recipes, type Recipe } from './recipe.ts';

export interface CurvePoint {
  readonly step: number;
  readonly loss: number;
  readonly gradNorm: number;
}

/** Folder of a model, from the repository's root. Drafts stay out of what is served. */
export const modelFolder = (id: string) =>
  join(recipes.some((recipe) => recipe.id === id) ? 'public/models' : '.cache/models', id);

/** Weights as every runtime sees them: read back from the stored half-precision file. @throws Error if it is missing */
export function readModelWeights(id: string): Tensors {
  const file = join(modelFolder(id), 'model.safetensors');
  if (!existsSync(file))
    throw new Error(`${file} is missing: train ${id} first (npm run models:train -- ${id}).`);
  return readSafetensors(readFileSync(file)).tensors;
}

export function writeWeights(id: string, weights: Tensors): void {
  mkdirSync(modelFolder(id), { recursive: true });
  writeFileSync(
    join(modelFolder(id), 'model.safetensors'),
    writeSafetensors(weights, { dtype: 'F16', metadata: { format: 'pt' } }),
  );
}

/** Write everything beside the weights, which must already be there. */
export function writeModel(recipe: Recipe, files: TokenizerFiles, curve: readonly CurvePoint[]): void {
  const folder = modelFolder(recipe.id);
  const json = (name: string, value: unknown) =>
    writeFileSync(join(folder, name), `${JSON.stringify(value, null, 1)}\n`);
  json('tokenizer.json', files.tokenizer);
  json('tokenizer_config.json', files.config);
  const every = Math.max(1, Math.floor(curve.length / 60));
  json('training.json', {
    steps: curve.length,
    loss: curve
      .filter(({ step }) => step % every === 0 || step === curve.length - 1)
      .map(({ step, loss }) => [step, loss]),
  });
  if (recipe.task === 'text-generation')
    json('generation_config.json', {
      bos_token_id: config.bosTokenId,
      eos_token_id: [...config.eosTokenIds],
      pad_token_id: config.padTokenId,
      do_sample: false,
    });
  json('config.json', {
    ...toHubConfig(recipe.task === 'text-generation' ? config : guardConfig),
    'transformers.js_config': { dtype: 'fp32' },
  });
  deriveModels();
}
