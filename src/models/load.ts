/** @file Loads a model with the first of its runtimes that offers the requested access. */
import { LabError } from '../core/errors.ts';
import { grants, type Access } from '../core/method.ts';
import type { ModelEntry, Runtime } from './catalog.ts';
import type { FolderOptions } from './files.ts';
import type { LanguageModel } from './language-model.ts';
import type { PrecisionWish } from './precision.ts';
import type { TextClassifier } from './text-classifier.ts';

export type Device = 'wasm' | 'webgpu';

export interface ClassifierOptions extends FolderOptions {
  readonly device: Device;
  /** For models that the lab imported. Default: `'auto'`. */
  readonly precision?: PrecisionWish | undefined;
}
export interface LoadOptions extends ClassifierOptions {
  /** Lowest tier that suffices. */
  readonly access: Access;
  /** As `WhiteBoxOptions.sharesCores`. */
  readonly sharesCores?: boolean | undefined;
}

/** Highest tier that each runtime offers. */
const offers: Readonly<Record<Runtime, Access>> = {
  transformers: 'grey-box',
  webllm: 'grey-box',
  endpoint: 'black-box',
  whitebox: 'white-box',
  scripted: 'white-box',
};

/**
 * Engines are imported on demand: a page or a worker that never loads a model downloads none.
 * @throws LabError 'not-supported' if no runtime of this model offers the tier; else what the runtime throws.
 */
export async function loadModel(entry: ModelEntry, options: LoadOptions): Promise<LanguageModel> {
  const runtime = entry.runtimes.find((name) => grants(offers[name], options.access));
  switch (runtime) {
    case 'transformers':
      return (await import('./runtimes/transformers/index.ts')).loadTransformersModel(entry, options);
    case 'whitebox':
      return (await import('./runtimes/whitebox/index.ts')).loadWhiteBoxModel(entry, options);
    case 'webllm':
      return (await import('./runtimes/webllm/index.ts')).loadWebLlmModel(entry, options);
    case 'endpoint':
      throw new LabError(
        'not-supported',
        `${entry.title} is behind a server, and this lab is connected to none.`,
        {
          advice:
            'Name the server with --endpoint on the command line, or connect it in the connected build.',
        },
      );
    case 'scripted':
    case undefined:
      throw new LabError('not-supported', `${entry.title} cannot be loaded with ${options.access} access.`, {
        advice: 'Pick a method that needs less access to the model, or another model.',
      });
    default:
      return runtime satisfies never;
  }
}

/** @throws LabError 'not-supported' if no runtime of this model runs classifiers; else what the runtime throws. */
export async function loadClassifier(entry: ModelEntry, options: ClassifierOptions): Promise<TextClassifier> {
  if (entry.runtimes.includes('transformers'))
    return (await import('./runtimes/transformers/index.ts')).loadTransformersClassifier(entry, options);
  throw new LabError('not-supported', `${entry.title} cannot be loaded as a classifier.`, {
    advice: 'Pick a text-classification model for this role.',
  });
}
