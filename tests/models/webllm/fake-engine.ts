/**
 * @file A fake of web-llm's engine: the package's own types, the quirks measured on it, and a toy model whose
 * logits follow from every token in the cache. Quirks: the processor sees raw logits once per token, before the
 * sampler; `forwardTokensAndSample` takes no lock; `reload` resolves with nothing loaded if `unload` came between;
 * fatal errors are objects that are not Errors, with the reason on the console; ids outside the vocabulary are
 * accepted silently; no ids at all are fatal; an incomplete sampling config is refused.
 */
import type { ChatOptions, LogitProcessor, MLCEngineConfig } from '@mlc-ai/web-llm';
import { turn } from '../../../src/models/decoding/join.ts';
import type { Engine } from '../../../src/models/runtimes/webllm/engine.ts';

export interface FakeModel {
  /** Rows of the output layer: the tokenizer's vocabulary and some padding. */
  readonly vocabSize: number;
  readonly contextWindow: number;
  readonly kvStateKind?: 'kv_cache' | 'hybrid';
  /** What the private call that shortens the cache does. */
  readonly pop?: 'works' | 'missing' | 'does nothing';
  /** Replaces the toy model. */
  readonly logits?: (ids: readonly number[]) => Float32Array;
  /** Runs in `reload` before the model is loaded. */
  readonly onReload?: (engine: FakeEngine) => void | Promise<void>;
}

/** What emscripten throws: it has a name and a message, and is not an Error. */
export const exitStatus = () => ({
  name: 'ExitStatus',
  message: 'Program terminated with exit(1)',
  status: 1,
});
export const namedError = (name: string, message: string) => Object.assign(new Error(message), { name });

const samplingFields = [
  'temperature',
  'top_p',
  'repetition_penalty',
  'frequency_penalty',
  'presence_penalty',
] as const;

/** One cached token and the length of the chunk it was computed in. */
interface Entry {
  readonly id: number;
  readonly chunk: number;
}

class FakePipeline {
  readonly kvCache: { entries: Entry[] } = { entries: [] };
  readonly slidingWindowSize = -1;
  readonly kvStateKind: string;
  filledKVCacheLength = 0;
  readonly #model: FakeModel;
  #scopes = 0;
  readonly #kept = new Set<unknown>();

  constructor(model: FakeModel) {
    this.#model = model;
    this.kvStateKind = model.kvStateKind ?? 'kv_cache';
  }

  readonly tvm = {
    beginScope: () => void this.#scopes++,
    endScope: () => void this.#scopes--,
    scalar: (value: number, dtype: string) => ({ value, dtype }),
    detachFromCurrentScope: <T>(item: T): T => {
      this.#kept.add(item);
      return item;
    },
    getGlobalFunc: (name: string) => {
      if (this.#scopes === 0)
        throw new Error('Must call beginScope to use functions that returns TVM objects');
      if (name !== 'vm.builtin.kv_state_popn' || this.#model.pop === 'missing')
        throw new Error(`Cannot find global function ${name}`);
      const pop = (cache: FakePipeline['kvCache'], _sequence: unknown, count: { value: number }) => {
        if (this.#scopes === 0 && !this.#kept.has(pop)) throw new Error('Object has already been disposed');
        if (this.#model.pop !== 'does nothing') cache.entries = cache.entries.slice(0, -count.value);
      };
      return pop;
    },
  };
}

export class FakeEngine implements Engine {
  /** The real field is private; our code finds it by this name. */
  readonly loadedModelIdToPipeline = new Map<string, FakePipeline>();
  /** Calls to the engine, in order. */
  readonly calls: { readonly method: string; readonly ids: readonly number[] }[] = [];
  /** Calls that came while another was under way: each corrupts the cache. */
  overlaps = 0;
  readonly #config: MLCEngineConfig;
  readonly #model: FakeModel;
  #sampling: ChatOptions = {};
  #reloading: { aborted: boolean } | null = null;
  #running = 0;

  constructor(config: MLCEngineConfig, model: FakeModel) {
    this.#config = config;
    this.#model = model;
  }

  async reload(modelId: string | string[], chatOpts?: ChatOptions | ChatOptions[]): Promise<void> {
    await this.unload();
    const id = [modelId].flat()[0]!;
    const record = this.#config.appConfig?.model_list.find(({ model_id }) => model_id === id);
    if (!record) throw namedError('ModelNotFoundError', `Cannot find model record in appConfig for ${id}.`);
    const state = (this.#reloading = { aborted: false });
    await turn();
    await this.#model.onReload?.(this);
    if (state.aborted) return; // resolves, with nothing loaded
    this.#reloading = null;
    this.#sampling = [chatOpts ?? {}].flat()[0]!;
    this.loadedModelIdToPipeline.set(id, new FakePipeline(this.#model));
  }

  async unload(): Promise<void> {
    this.calls.push({ method: 'unload', ids: [] });
    this.loadedModelIdToPipeline.clear();
    if (this.#reloading) this.#reloading.aborted = true;
    this.#reloading = null;
  }

  async resetChat(_keepStats?: boolean, modelId?: string): Promise<void> {
    this.calls.push({ method: 'resetChat', ids: [] });
    const pipeline = this.loadedModelIdToPipeline.get(modelId ?? '');
    if (!pipeline) return; // the engine swallows this one
    if (this.#running > 0) this.overlaps++;
    pipeline.kvCache.entries = [];
    pipeline.filledKVCacheLength = 0;
    this.#processor(modelId)?.resetState();
  }

  async forwardTokensAndSample(inputIds: number[], _isPrefill: boolean, modelId?: string): Promise<number> {
    this.calls.push({ method: 'forward', ids: inputIds });
    const pipeline = this.loadedModelIdToPipeline.get(modelId ?? '');
    if (!pipeline)
      throw namedError('ModelNotLoadedError', 'Model not loaded before calling forwardTokensAndSample().');
    if (inputIds.length === 0) throw exitStatus();
    if (this.#running > 0) this.overlaps++;
    this.#running++;
    try {
      const { kvCache } = pipeline;
      for (const id of inputIds) kvCache.entries.push({ id, chunk: inputIds.length });
      await turn();
      if (kvCache.entries.length !== pipeline.filledKVCacheLength + inputIds.length)
        throw new Error('Internal Error: filledKVCacheLength does not match expected value.');
      pipeline.filledKVCacheLength += inputIds.length;
      if (pipeline.filledKVCacheLength > this.#model.contextWindow) throw exitStatus();
      return this.#sample(this.#logits(kvCache.entries), modelId);
    } finally {
      this.#running--;
    }
  }

  /** As when the GPU goes away: the engine unloads itself and says nothing. */
  loseDevice(): void {
    this.loadedModelIdToPipeline.clear();
  }

  #sample(logits: Float32Array, modelId: string | undefined): number {
    const missing = samplingFields.find((field) => this.#sampling[field] === undefined);
    if (missing) throw namedError('RangeError', `Make sure 0 < ${missing} <= 1.`);
    const processor = this.#processor(modelId);
    const processed = processor ? processor.processLogits(logits) : logits;
    if (!processed.every(Number.isFinite)) {
      console.error('FATAL: the sampler was given numbers that are not finite');
      throw exitStatus();
    }
    const token = processed.indexOf(Math.max(...processed));
    processor?.processSampledToken(token);
    return token;
  }

  #processor(modelId: string | undefined): LogitProcessor | undefined {
    return this.#config.logitProcessorRegistry?.get(modelId ?? '');
  }

  #logits(entries: readonly Entry[]): Float32Array {
    const ids = entries.map(({ id }) => id % this.#model.vocabSize);
    const logits = this.#model.logits?.(ids) ?? toyLogits(ids, this.#model.vocabSize);
    // How a prompt was cut into chunks changes the last digits, as on a real device.
    const rounding = 1e-6 * (entries.reduce((sum, { chunk }, at) => sum + chunk * (at + 1), 0) % 7);
    return logits.map((value) => value + rounding * value);
  }
}

/** Between −3 and 3, and different for every sequence and token. */
export function toyLogits(ids: readonly number[], vocabSize: number): Float32Array {
  const state = ids.reduce((hash, id) => Math.imul(hash ^ (id + 1), 16777619), -2128831035);
  return Float32Array.from({ length: vocabSize }, (_, token) => {
    const mixed = Math.imul(state ^ Math.imul(token + 1, 0x9e3779b1), 0x85ebca6b);
    return (((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32) * 6 - 3;
  });
}
