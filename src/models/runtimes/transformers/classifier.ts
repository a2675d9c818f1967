/** @file Loads a text classifier into transformers.js (ONNX Runtime). */
import { AutoModelForSequenceClassification } from '@huggingface/transformers';
import type { ModelEntry } from '../../catalog.ts';
import { checkTask, readDescription, type ModelDescription } from '../../description.ts';
import { openFolder } from '../../files.ts';
import type { TextClassifier } from '../../text-classifier.ts';
import { configure } from './environment.ts';
import { candidateGraphs } from './graph-choice.ts';
import { explainLoad } from './errors.ts';
import { computeDevice, start, threadsFor, type TransformersOptions } from './loading.ts';
import { classifierModel, describedClassifier } from './sequence-classifier.ts';

/**
 * @throws LabError as `loadTransformersModel`, and 'not-supported' for a model that writes text or gives each label
 *   a probability of its own
 */
export async function loadTransformersClassifier(
  entry: ModelEntry,
  options: TransformersOptions,
): Promise<TextClassifier> {
  const { device, signal } = options;
  const adapter = await computeDevice(entry, options);
  const folder = openFolder(entry.source, options);
  const description = await readDescription(folder, entry.source);
  checkTask(entry.id, description, 'text-classification');
  const { config } = description;
  const described = describedClassifier(entry.id, description);
  const { sizes } = described;
  configure(threadsFor(sizes.parameters));
  try {
    const preloaded = { 'config.json': plainEncoder(config) };
    const graphs = candidateGraphs(entry, config, options, adapter);
    const { model } = await start(
      AutoModelForSequenceClassification,
      folder,
      preloaded,
      graphs,
      device,
      sizes,
    );
    signal?.throwIfAborted();
    return await classifierModel(described, model, device, await folder.optionalJson('selftest.json'));
  } catch (error) {
    throw explainLoad(entry.id, error);
  }
}

/** transformers.js runs all encoders alike, but refuses architectures that it does not list as classifiers. */
const plainEncoder = (config: ModelDescription['config']) => ({
  ...config,
  model_type: 'bert',
  architectures: ['BertForSequenceClassification'],
});
