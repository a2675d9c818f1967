/**
 * @file Loads a model into transformers.js (ONNX Runtime) and offers it as a grey-box model. Tokenizer, chat template
 * and decode loop are the lab's own. No gradients: white-box methods need another runtime.
 */
import { AutoModelForCausalLM } from '@huggingface/transformers';
import type { ModelEntry } from '../../catalog.ts';
import { createChatTokenizer, type ChatTokenizer } from '../../chat-tokenizer.ts';
import { createGenerate } from '../../decoding/generate.ts';
import { checkedScoring } from '../../decoding/numbers.ts';
import { checkTask, readDescription } from '../../description.ts';
import { openModelFolder } from '../../adapted-folder.ts';
import type { ModelFolder } from '../../files.ts';
import type { ScoringModel } from '../../language-model.ts';
import type { ChosenPrecision } from '../../precision.ts';
import { createEngine, type Engine } from './engine.ts';
import { configure, type PreloadedFiles } from './environment.ts';
import { explainLoad } from './errors.ts';
import { candidateGraphs } from './graph-choice.ts';
import {
  computeDevice,
  readSizes,
  start,
  threadsFor,
  tokensPerRun,
  type Sizes,
  type TransformersOptions,
} from './loading.ts';
import { scoreTargets } from './scoring.ts';
import { canBatch, compareWithStored, comparePieces, lastLogits } from './self-test.ts';
import { openSession, type Host } from './session.ts';

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
    const engine = createEngine(entry.id, model, Math.min(sizes.vocabSize, tokenizer.vocabSize));
    const host = await examine(entry, folder, engine, device, sizes);
    return present(host, sizes, tokenizer, { precision: graph.precision, why: graph.why });
  } catch (error) {
    throw explainLoad(entry.id, error);
  }
}

function present(
  host: Host,
  sizes: Sizes,
  tokenizer: ChatTokenizer,
  computes: ChosenPrecision,
): ScoringModel {
  const shared = {
    id: host.limits.id,
    contextWindow: sizes.contextWindow,
    computes,
    tokenizer,
    ...checkedScoring(host.limits.id, {
      open: (prompts, options) => openSession(host, prompts, options),
      logProbs: (requests, options) => scoreTargets(host, requests, options),
    }),
  } satisfies Partial<ScoringModel>;
  return {
    ...shared,
    access: 'grey-box',
    generate: createGenerate(shared, { maxBatch: host.mayBatch ? 16 : 1 }),
    withPrompts: (settings) => present(host, sizes, tokenizer.withSettings(settings), computes),
  };
}

/** Check the numbers, and find out how the model can be run. */
async function examine(
  entry: ModelEntry,
  folder: ModelFolder,
  engine: Engine,
  device: 'wasm' | 'webgpu',
  sizes: Sizes,
): Promise<Host> {
  const stored = await folder.optionalJson('selftest.json');
  if (stored) await compareWithStored(entry.id, (ids) => lastLogits(engine, [ids]), device, stored);
  if (device === 'webgpu') await comparePieces(entry.id, engine);
  return {
    engine,
    limits: { id: entry.id, vocabSize: engine.vocabSize, contextWindow: sizes.contextWindow },
    mayBatch: await canBatch(entry.id, engine.vocabSize, (rows) => lastLogits(engine, rows), device),
    tokensPerRun: tokensPerRun(device, sizes),
  };
}
