/** @file A model that was imported into this browser, as the page sees it. */
import type { ModelManifest } from '../../models/import/manifest.ts';

export interface StoredModel extends Pick<
  ModelManifest,
  | 'id'
  | 'title'
  | 'origin'
  | 'sourceSha256'
  | 'repository'
  | 'license'
  | 'task'
  | 'labels'
  | 'adapter'
  | 'template'
  | 'architecture'
  | 'parameters'
  | 'importedAt'
  | 'precision'
  | 'shape'
> {
  /** As the weights are stored. */
  readonly dtype: ModelManifest['weights']['dtype'];
  /** Of all its files. */
  readonly bytes: number;
  /** One hash for all files, hexadecimal. */
  readonly sha256: string;
  /** ISO 8601, UTC; `null` before it was loaded. */
  readonly lastUsedAt: string | null;
  /** Not deleted before it is unpinned. */
  readonly pinned: boolean;
}

export interface ImportedModel {
  readonly model: StoredModel;
  /** True if it was there before, so that nothing was written. */
  readonly wasStored: boolean;
}
