/**
 * @file Loads a model into transformers.js (ONNX Runtime) and offers it as a grey-box model. Tokenizer, chat template
 * and decode loop are the lab's own. No gradients: white-box methods need another runtime.
 */
import { AutoModelForCausalLM } from '@huggingface/transformers';
import type { ModelEntry } from '../../catalog.ts';
import { createChatTokenizer } from '../../chat-tokenizer.ts';
import { checkTask, readDescription } from '../../description.ts';
import { openModelFolder } from '../../adapted-folder.ts';
import type { ScoringModel } from '../../language-model.ts';
import { decoderModel } from './decoder.ts';
import { configure, type PreloadedFiles } from './environment.ts';
import { explainLoad } from './errors.ts';
import { candidateGraphs } from './graph-choice.ts';
import { computeDevice, start, threadsFor, type TransformersOptions } from './loading.ts';
import { readSizes } from './sizes.ts';

export { loadTransformersClassifier } from './classifier.ts';
export type { TransformersOptions } from './loading.ts';

/**
 * @throws LabError 'unknown-model', 'unreachable' or 'bad-model' for the files; 'no-webgpu' if there is no adapter or
 *   its numbers are wrong; 'out-of-memory', 'device-lost'; or the signal's reason
 */
export async function loadTransformersModel(
  entry: ModelEntry,
  options: TransformersOptions,
): Promise<ScoringModel> {
  const { device, signal } = options;
  const adapter = await computeDevice(entry, options);
  const folder = openModelFolder(entry, options);
  const description = await readDescription(folder, entry.source);
  checkTask(entry.id, description, 'text-generation');
  const { config, generation, tokenizer: tokenizerFiles } = description;
  const preloaded: PreloadedFiles = { 'config.json': config, 'generation_config.json': generation };
  const tokenizer = createChatTokenizer(tokenizerFiles);
  const sizes = readSizes(config);
  configure(threadsFor(sizes.parameters));
  try {
    const candidates = candidateGraphs(entry, config, options, adapter);
    const { model, graph } = await start(AutoModelForCausalLM, folder, preloaded, candidates, device, sizes);
    signal?.throwIfAborted();
    const stored = await folder.optionalJson('selftest.json');
    const computes = { precision: graph.precision, why: graph.why };
    return await decoderModel({ id: entry.id, model, tokenizer, sizes, device, stored, computes });
  } catch (error) {
    throw explainLoad(entry.id, error);
  }
}
