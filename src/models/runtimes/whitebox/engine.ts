/** @file One model on the device, and the passes through its layers that all computations share. */
import { tree, type numpy as np } from '@jax-js/jax';
import { checkSequence, contextOverflow, type Limits } from '../../decoding/checks.ts';
import type { ScoringRequest } from '../../language-model.ts';
import type { LlamaConfig } from '../../llama.ts';
import { causalContext } from './context.ts';
import type { Context, KeyValues, Prefix, Saved } from './forward.ts';
import type { Execution } from './device.ts';
import type { ResidualEditor } from './edits.ts';
import type { Programs } from './programs.ts';
import type { DeviceWeights } from './weights.ts';

export interface Engine {
  readonly config: LlamaConfig;
  /** Its `vocabSize` is V, the number of ids that have logits. */
  readonly limits: Limits;
  /** Number of ids that may be read: V, and soft tokens if there are any. */
  readonly inputVocabSize: number;
  readonly programs: Programs;
  readonly execution: Execution;
  readonly contexts: ContextCache;
  readonly weights: DeviceWeights;
  /** Input vectors by id: the embedding, followed by the vectors of soft tokens if there are any. */
  readonly table: np.Array;
  readonly edits: ResidualEditor;
  /** Most values of one intermediate array; larger batches are cut into chunks. */
  readonly chunkValues: number;
}

/** @throws as `checkSequence`; soft tokens are allowed */
export const checkPrompt = ({ limits, inputVocabSize }: Engine, prompt: readonly number[]): void =>
  checkSequence({ ...limits, vocabSize: inputVocabSize }, prompt);

/** @throws as `checkScoring`; soft tokens are allowed in the prompt */
export function checkRequest(engine: Engine, { prompt, target }: ScoringRequest): void {
  checkPrompt(engine, prompt);
  checkSequence(engine.limits, target);
  const length = prompt.length + target.length;
  if (length > engine.limits.contextWindow) throw contextOverflow(engine.limits, length);
}

/** Causal contexts by width and start; they are few, small and used often. */
export class ContextCache {
  readonly #contexts = new Map<string, Context>();
  readonly #config: LlamaConfig;
  constructor(config: LlamaConfig) {
    this.#config = config;
  }

  /** Run `work` with a context that stays alive until it ends, even if the cache drops it. */
  async use<T>(length: number, start: number, work: (context: Context) => Promise<T>): Promise<T> {
    const context = this.#get(length, start);
    try {
      return await work(context);
    } finally {
      tree.dispose(context);
    }
  }

  dispose(): void {
    for (const context of this.#contexts.values()) tree.dispose(context);
    this.#contexts.clear();
  }

  #get(length: number, start: number): Context {
    const key = `${length} ${start}`;
    const context = this.#contexts.get(key) ?? causalContext(this.#config, length, start);
    this.#contexts.delete(key);
    this.#contexts.set(key, context);
    const [oldest] = this.#contexts.keys();
    if (this.#contexts.size > 16) {
      tree.dispose(this.#contexts.get(oldest!));
      this.#contexts.delete(oldest!);
    }
    return tree.ref(context);
  }
}

const lookUp = ({ programs, table, edits }: Engine, ids: np.Array): np.Array =>
  edits.apply(0, programs.embed(table.ref, ids));

/**
 * The residual stream after the last layer, [B, T, d], and each layer's keys and values. Consumes `ids`, borrows the
 * context. Waits for each layer, so that its memory is reused.
 * @param onInput is given the stream before each layer, and owns it
 */
export async function readTokens(
  engine: Engine,
  ids: np.Array,
  context: Context,
  onInput?: (x: np.Array) => void,
) {
  const caches: KeyValues[] = [];
  let x = lookUp(engine, ids);
  for (const [i, layer] of engine.weights.layers.entries()) {
    onInput?.(x.ref);
    const { x: out, ...cache } = engine.programs.layer(tree.ref(layer), x, tree.ref(context));
    caches.push(cache);
    x = await engine.execution.settle(engine.edits.apply(i + 1, out));
  }
  return { x, caches };
}

/** As `readTokens` after a prefix that all rows share. Borrows `prefix`, one per layer; keeps no keys and values. */
export async function readTokensAfter(
  engine: Engine,
  ids: np.Array,
  context: Context,
  prefix: readonly Prefix[],
): Promise<np.Array> {
  let x = lookUp(engine, ids);
  for (const [i, layer] of engine.weights.layers.entries()) {
    const out = engine.programs.layerAfterPrefix(tree.ref(layer), x, tree.ref(context), tree.ref(prefix[i]!));
    x = await engine.execution.settle(engine.edits.apply(i + 1, out));
  }
  return x;
}

/** As `readTokens`, also returning what `backToEmbeddings` needs. */
export async function readTokensSaving(engine: Engine, ids: np.Array, context: Context) {
  const saved: Saved[] = [];
  let x = lookUp(engine, ids);
  for (const [i, layer] of engine.weights.layers.entries()) {
    const out = engine.programs.layerSaving(tree.ref(layer), x, tree.ref(context));
    saved.push(out.saved);
    x = await engine.execution.settle(engine.edits.apply(i + 1, out.x));
  }
  return { x, saved };
}

/** From the gradient after the last layer to the gradient of the embeddings, [B, T, d]. Consumes both. */
export async function backToEmbeddings(
  engine: Engine,
  saved: readonly Saved[],
  dLast: np.Array,
  context: Context,
): Promise<np.Array> {
  let dX = dLast;
  for (let i = engine.config.layers - 1; i >= 0; i--) {
    const layer = engine.weights.layers[i]!;
    dX = engine.edits.pullBack(i + 1, dX);
    dX = engine.programs.layerBackwardInput(tree.ref(layer), saved[i]!, tree.ref(context), dX);
    dX = await engine.execution.settle(dX);
  }
  return engine.edits.pullBack(0, dX);
}

/** Frees keys and values. */
export const disposeCaches = (caches: readonly KeyValues[]): void =>
  caches.forEach((cache) => tree.dispose(cache));
