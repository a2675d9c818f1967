/** @file What happens when a model is brought whose id is that of a model that is stored. */
import { LabError } from '../../core/errors.ts';
import { excerpt } from '../../core/excerpt.ts';
import type { Identity } from './identify.ts';
import type { ModelManifest } from './manifest.ts';
import { weightsFile } from './write-weights.ts';

/**
 * The id of an exported model is what its `model.json` says, so it may stand for other weights than the files that the id
 * was made from. These replace a model that was restored from an export; an export never replaces them.
 * @returns whether the stored model is written anew from what was brought
 * @throws LabError 'bad-model' for an export with other weights than the stored model
 */
export function replaces(
  { id, restored, weightsSha256 }: Pick<Identity, 'id' | 'restored' | 'weightsSha256'>,
  stored: ModelManifest,
): boolean {
  if (!restored) return stored.restored === true;
  if (weightsSha256 === stored.files.find(({ path }) => path === weightsFile)?.sha256) return false;
  throw new LabError(
    'bad-model',
    `Another model with the id "${excerpt(id)}" is stored, with other weights.`,
    {
      advice:
        'Nothing was changed. Only bring an export that you trust. If the stored model is the wrong one, delete it first.',
    },
  );
}
