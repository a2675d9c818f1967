/** @file Loads each model once, and one at a time. */
import { isAbort, LabError } from '../../core/errors.ts';
import type { Access } from '../../core/method.ts';
import type { ModelEntry } from '../../models/catalog.ts';
import { isWhiteBox, type LanguageModel, type WhiteBoxModel } from '../../models/language-model.ts';
import type { TextClassifier } from '../../models/text-classifier.ts';
import type { LoadProgress } from '../records/events.ts';

export interface LoadListener {
  readonly onProgress?: (progress: LoadProgress) => void;
  readonly signal?: AbortSignal;
}

export interface LoadOptions extends LoadListener {
  /** Lowest tier that will do. */
  readonly access: Access;
}

export type LoadModel = (entry: ModelEntry, options: LoadOptions) => Promise<LanguageModel>;

export type LoadClassifier = (entry: ModelEntry, options: LoadListener) => Promise<TextClassifier>;

/** Callers that ask for the same model share it. Both throw LabError when it cannot be loaded. */
export interface ModelPool {
  get(entry: ModelEntry, options: LoadOptions): Promise<LanguageModel>;
  classifier(entry: ModelEntry, options: LoadListener): Promise<TextClassifier>;
  /** True if one copy of the model, loaded for gradients, is to serve all that a run asks of it. */
  oneCopy(entry: ModelEntry): Promise<boolean>;
  /** The next caller loads the model anew: its id stands for other files from now on. */
  forget(id: string): void;
}

/** A stored model has its repository as a second id. */
const keyOf = ({ id, source, adapter }: ModelEntry): string =>
  source.kind === 'stored' && !adapter ? source.folder : id;

const noClassifiers: LoadClassifier = async ({ id }) => {
  throw new LabError('not-supported', `${id} cannot be loaded: this lab runs no classifiers.`, {
    advice: 'Leave out what needs a guard.',
  });
};

/** Two loads at once would compete for memory and bandwidth, and a failed one can spoil the other. */
export function createModelPool(
  load: LoadModel,
  loadClassifier = noClassifiers,
  oneCopy: ModelPool['oneCopy'] = async () => false,
): ModelPool {
  let last: Promise<unknown> = Promise.resolve();

  const forgetters: ((id: string) => void)[] = [];

  const shared = <Loaded, Options extends LoadListener>(
    nameOf: (entry: ModelEntry, options: Options) => string,
    fetch: (entry: ModelEntry, options: Options) => Promise<Loaded>,
  ) => {
    const loaded = new Map<string, Promise<Loaded>>();
    forgetters.push((id) => {
      for (const key of loaded.keys()) if (key === id || key.startsWith(`${id} `)) loaded.delete(key);
    });
    return async (entry: ModelEntry, options: Options): Promise<Loaded> => {
      const key = nameOf(entry, options);
      for (;;) {
        let model = loaded.get(key);
        if (model === undefined) {
          model = last.then(() => {
            options.signal?.throwIfAborted();
            return fetch(entry, options);
          });
          last = model.catch(() => loaded.delete(key));
          loaded.set(key, model);
        }
        try {
          return await model;
        } catch (error) {
          // The caller who started this load was stopped; this one was not.
          if (isAbort(error) && options.signal?.aborted !== true) continue;
          throw error;
        }
      }
    };
  };
  return {
    get: shared((entry, { access }) => `${keyOf(entry)} ${access}`, load),
    classifier: shared(keyOf, loadClassifier),
    oneCopy,
    forget: (id) => forgetters.forEach((forget) => forget(id)),
  };
}

/** The model with its weights in reach. @throws LabError 'not-supported' for one of which they are not */
export async function whiteBoxOf(
  models: Pick<ModelPool, 'get'>,
  entry: ModelEntry,
  signal: AbortSignal,
): Promise<WhiteBoxModel> {
  const model = await models.get(entry, { access: 'white-box', signal });
  if (isWhiteBox(model)) return model;
  throw outOfReach(entry);
}

export const outOfReach = ({ id }: Pick<ModelEntry, 'id'>): LabError =>
  new LabError(
    'not-supported',
    `The weights of ${id} are out of reach: it can be neither trained nor looked into.`,
    {
      advice: 'Pick a model of the Llama family whose weights are here.',
    },
  );

/** The tier a model is loaded at when nothing asks for more: distributions where it shows them. */
export const defaultAccess = ({ access }: ModelEntry): Access =>
  access === 'black-box' ? 'black-box' : 'grey-box';
