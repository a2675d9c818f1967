/**
 * @file Loads a model into transformers.js (ONNX Runtime) and offers it as a grey-box model. Tokenizer, chat template
 * and decode loop are the lab's own. No gradients: white-box methods need another runtime.
 */
import { AutoModelForCausalLM, type PreTrainedModel } from '@huggingface/transformers';
import { isAbort, LabError } from '../../../core/errors.ts';
import type { ModelEntry } from '../../catalog.ts';
import { createChatTokenizer } from '../../chat-tokenizer.ts';
import { createGenerate } from '../../decoding/generate.ts';
import { readDescription } from '../../description.ts';
import { isMissing, openFolder, type FolderOptions, type ModelFolder } from '../../files.ts';
import type { ScoringModel } from '../../language-model.ts';
import { failureIn } from './contain.ts';
import { createEngine, type Engine } from './engine.ts';
import { configure, inNode, withFolder, type KnownFiles } from './environment.ts';
import { explainLoad } from './errors.ts';
import { scoreTargets } from './scoring.ts';
import { canBatch, compareWithStored, comparePieces } from './self-test.ts';
import { openSession, type Host } from './session.ts';

export interface TransformersOptions extends FolderOptions {
  /** In Node, `'wasm'` means the native processor backend. */
  readonly device: 'wasm' | 'webgpu';
  /** How the weights are stored. Default: what config.json says, else what suits the device and is there. */
  readonly dtype?: Dtype | undefined;
}

const dtypes = ['fp32', 'fp16', 'q8', 'q4', 'q4f16'] as const;
type Dtype = (typeof dtypes)[number];

/** Multiplications that a device does in some tenths of a second, in units of parameters × tokens. */
const workPerRun = { wasm: 2e9, webgpu: 5e10 } as const;

/**
 * @throws LabError 'unknown-model', 'unreachable' or 'bad-model' for the files; 'no-webgpu' if there is no adapter or
 *   its numbers are wrong; 'out-of-memory', 'device-lost'; or the signal's reason
 */
export async function loadTransformersModel(
  entry: ModelEntry,
  options: TransformersOptions,
): Promise<ScoringModel> {
  const { device, signal } = options;
  if (device === 'webgpu') await checkAdapter(entry);
  const folder = openFolder(entry.source, options);
  const { config, generation, tokenizer: tokenizerFiles } = await readDescription(folder);
  const known: KnownFiles = { 'config.json': config, 'generation_config.json': generation };
  const tokenizer = createChatTokenizer(tokenizerFiles);
  const sizes = readSizes(config);
  configure(threadsFor(sizes.parameters));
  try {
    const model = await start(folder, known, candidates(entry, config, options), device);
    signal?.throwIfAborted();
    const engine = createEngine(entry.id, model, Math.min(sizes.vocabSize, tokenizer.vocabSize));
    const host = await examine(entry, folder, engine, device, sizes);
    const shared = {
      id: entry.id,
      contextWindow: sizes.contextWindow,
      tokenizer,
      open: (prompts, openOptions) => openSession(host, prompts, openOptions),
    } satisfies Partial<ScoringModel>;
    return {
      ...shared,
      access: 'grey-box',
      generate: createGenerate(shared, { maxBatch: host.mayBatch ? 16 : 1 }),
      logProbs: (requests, scoreOptions) => scoreTargets(host, requests, scoreOptions),
    };
  } catch (error) {
    throw explainLoad(entry.id, error);
  }
}

async function checkAdapter({ id }: ModelEntry): Promise<void> {
  // Both may be missing, whatever their types say.
  const { gpu } = (globalThis.navigator ?? {}) as { readonly gpu?: GPU };
  if (!(await gpu?.requestAdapter()))
    throw new LabError('no-webgpu', `${id} was to run on WebGPU, which this browser or device lacks.`, {
      advice: 'Switch the device to the processor (WASM).',
    });
}

interface Sizes {
  readonly vocabSize: number;
  readonly contextWindow: number;
  /** Rough count, embeddings included. */
  readonly parameters: number;
}

function readSizes(config: Readonly<Record<string, unknown>>): Sizes {
  // Models that also see or hear keep the decoder's numbers one level down.
  const text = { ...config, ...(config['text_config'] as object | undefined) } as Record<string, unknown>;
  const read = (name: string) => (typeof text[name] === 'number' ? (text[name] as number) : null);
  const vocabSize = read('vocab_size');
  if (vocabSize === null)
    throw new LabError('bad-model', 'config.json has no vocab_size.', {
      advice: 'Check that this folder holds a text model.',
    });
  const hidden = read('hidden_size') ?? 1024;
  return {
    vocabSize,
    contextWindow: read('max_position_embeddings') ?? 2048,
    parameters: hidden * (vocabSize + 12 * hidden * (read('num_hidden_layers') ?? 24)),
  };
}

/** One thread is faster below some ten million parameters, and leaves cores to other workers. */
function threadsFor(parameters: number): number {
  if (!globalThis.crossOriginIsolated || parameters < 2e7) return 1;
  return Math.max(1, Math.min(4, (globalThis.navigator.hardwareConcurrency ?? 1) - 1));
}

/** Ways in which the weights may be stored, the preferred first. */
function candidates(
  { source }: ModelEntry,
  config: Readonly<Record<string, unknown>>,
  { dtype, device }: TransformersOptions,
): readonly Dtype[] {
  if (dtype) return [dtype];
  const said = (config['transformers.js_config'] as { readonly dtype?: unknown } | undefined)?.dtype;
  const known = dtypes.find((name) => name === said);
  if (known) return [known];
  if (source.kind !== 'hub') return ['fp32', 'q8'];
  return device === 'webgpu' ? ['q4f16', 'q4', 'fp16', 'fp32'] : ['q8', 'q4', 'fp32'];
}

/** Try each way of storing until its file is there. A file that is there and does not load ends the search. */
async function start(
  folder: ModelFolder,
  known: KnownFiles,
  ways: readonly Dtype[],
  device: 'wasm' | 'webgpu',
): Promise<PreTrainedModel> {
  for (const [index, dtype] of ways.entries()) {
    try {
      const model = await withFolder(folder, known, (name) =>
        AutoModelForCausalLM.from_pretrained(name, {
          device: device === 'wasm' && inNode ? 'cpu' : device,
          dtype,
        }),
      );
      for (const session of Object.values(model.sessions as Record<string, object>)) {
        const failure = failureIn(session);
        if (failure) throw failure.error;
      }
      return model;
    } catch (error) {
      if (isAbort(error) || !isMissing(error) || index === ways.length - 1) throw error;
    }
  }
  throw new Error('There is no way to try.');
}

/** Check the numbers, and find out how the model may be run. */
async function examine(
  entry: ModelEntry,
  folder: ModelFolder,
  engine: Engine,
  device: 'wasm' | 'webgpu',
  sizes: Sizes,
): Promise<Host> {
  const stored = entry.source.kind === 'hub' ? null : await folder.optionalJson('selftest.json');
  if (stored) await compareWithStored(entry.id, engine, device, stored);
  if (device === 'webgpu') await comparePieces(entry.id, engine);
  const tokensPerRun = Math.floor(workPerRun[device] / sizes.parameters);
  return {
    engine,
    limits: { id: entry.id, vocabSize: engine.vocabSize, contextWindow: sizes.contextWindow },
    mayBatch: await canBatch(engine, device),
    tokensPerRun: Math.min(2048, Math.max(32, tokensPerRun)),
  };
}
