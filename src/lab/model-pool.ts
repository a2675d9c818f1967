/** @file Finds models by id and loads each once, one at a time. */
import { LabError } from '../core/errors.ts';
import { isAbort } from '../core/errors.ts';
import type { Access } from '../core/method.ts';
import type { ModelEntry } from '../models/catalog.ts';
import type { LanguageModel } from '../models/language-model.ts';
import type { LoadProgress } from './api.ts';

export interface LoadOptions {
  /** Lowest tier that will do. */
  readonly access: Access;
  readonly onProgress?: (progress: LoadProgress) => void;
  readonly signal?: AbortSignal;
}
export type LoadModel = (entry: ModelEntry, options: LoadOptions) => Promise<LanguageModel>;

export interface ModelPool {
  /** The loaded model; callers that ask for the same one share it. @throws LabError when it cannot be loaded. */
  get(entry: ModelEntry, options: LoadOptions): Promise<LanguageModel>;
}

/** Two loads at once would compete for memory and bandwidth, and a failed one can spoil the other (DESIGN.md §4). */
export function createModelPool(load: LoadModel): ModelPool {
  const loaded = new Map<string, Promise<LanguageModel>>();
  let last: Promise<unknown> = Promise.resolve();

  return {
    async get(entry, options) {
      const key = `${entry.id} ${options.access}`;
      for (;;) {
        let model = loaded.get(key);
        if (model === undefined) {
          model = last.then(() => {
            options.signal?.throwIfAborted();
            return load(entry, options);
          });
          last = model.catch(() => loaded.delete(key));
          loaded.set(key, model);
        }
        try {
          return await model;
        } catch (error) {
          // The caller who started this load gave up; this one did not.
          if (isAbort(error) && options.signal?.aborted !== true) continue;
          throw error;
        }
      }
    },
  };
}

/** The tier a model is loaded at when nothing asks for more: distributions where it shows them. */
export const usualAccess = ({ access }: ModelEntry): Access =>
  access === 'black-box' ? 'black-box' : 'grey-box';

/**
 * The catalogue's entry for `id`; else `org/name` is a model of the hub, and a web address a model folder.
 * @throws LabError 'unknown-model'
 */
export function findModel(models: readonly ModelEntry[], id: string): ModelEntry {
  const known = models.find((entry) => entry.id === id);
  if (known) return known;
  if (/^https?:\/\//.test(id)) return outside(id, { kind: 'url', base: id.endsWith('/') ? id : `${id}/` });
  if (/^[\w.-]+\/[\w.-]+$/.test(id)) return outside(id, { kind: 'hub', repo: id, revision: 'main' });
  throw new LabError('unknown-model', `There is no model "${id}".`, {
    advice: `Known: ${models.map((entry) => entry.id).join(', ')}. A hub model is named org/name.`,
  });
}

const outside = (id: string, source: ModelEntry['source']): ModelEntry => ({
  id,
  title: id,
  summary: 'Named by its address; what it can do is known once it is loaded.',
  source,
  task: 'text-generation',
  runtimes: ['transformers', 'whitebox'],
  access: 'white-box',
  bytes: null,
  license: 'unknown',
  needs: { webgpu: false, f16: false },
});
