/** @file One model on the device, and the passes through its layers that all computations share. */
import { tree, type numpy as np } from '@jax-js/jax';
import { checkSequence, contextOverflow, type Limits } from '../../decoding/checks.ts';
import type { ScoringRequest } from '../../language-model.ts';
import type { LlamaConfig } from '../../llama.ts';
import { attentionKindOf, embeddingScale } from '../../llama-family.ts';
import { causalContexts, type Contexts } from './context.ts';
import type { Saved } from './backward.ts';
import type { Context, KeyValues } from './forward.ts';
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
  readonly #contexts = new Map<string, Contexts>();
  readonly #config: LlamaConfig;
  constructor(config: LlamaConfig) {
    this.#config = config;
  }

  /** Run `work` with contexts that stay alive until it ends, even if the cache drops them. */
  async use<T>(length: number, start: number, work: (contexts: Contexts) => Promise<T>): Promise<T> {
    const contexts = this.#get(length, start);
    try {
      return await work(contexts);
    } finally {
      tree.dispose(contexts);
    }
  }

  dispose(): void {
    for (const contexts of this.#contexts.values()) tree.dispose(contexts);
    this.#contexts.clear();
  }

  #get(length: number, start: number): Contexts {
    const key = `${length} ${start}`;
    const contexts = this.#contexts.get(key) ?? causalContexts(this.#config, length, start);
    this.#contexts.delete(key);
    this.#contexts.set(key, contexts);
    const [oldest] = this.#contexts.keys();
    if (this.#contexts.size > 16) {
      tree.dispose(this.#contexts.get(oldest!));
      this.#contexts.delete(oldest!);
    }
    return tree.ref(contexts);
  }
}

/** The context of a layer, as one more reference. */
export const contextOf = ({ config }: Pick<Engine, 'config'>, contexts: Contexts, layer: number): Context =>
  tree.ref(contexts[attentionKindOf(config, layer)]!);

const lookUp = ({ programs, table, edits }: Engine, ids: np.Array): np.Array =>
  edits.apply(0, programs.embed(table.ref, ids));

/**
 * The residual stream after the last layer, [B, T, d], and each layer's keys and values. Consumes `ids`, borrows the
 * contexts. Waits for each layer, so that its memory is reused.
 * @param onInput is given the stream before each layer, and owns it
 */
export async function readTokens(
  engine: Engine,
  ids: np.Array,
  contexts: Contexts,
  onInput?: (x: np.Array) => void,
) {
  const caches: KeyValues[] = [];
  let x = lookUp(engine, ids);
  for (const [i, layer] of engine.weights.layers.entries()) {
    onInput?.(x.ref);
    const { x: out, ...cache } = engine.programs.layer(tree.ref(layer), x, contextOf(engine, contexts, i));
    caches.push(cache);
    x = await engine.execution.settle(engine.edits.apply(i + 1, out));
  }
  return { x, caches };
}

/** A prefix that all rows share. */
export interface ReadPrefix {
  /** By layer. */
  readonly caches: readonly KeyValues[];
  /** What may be seen of it, by kind of attention; see `prefixBiases`. */
  readonly biases: readonly np.Array[];
}

/** As `readTokens` after a prefix. Borrows `prefix`; keeps no keys and values. */
export async function readTokensAfter(
  engine: Engine,
  ids: np.Array,
  contexts: Contexts,
  { caches, biases }: ReadPrefix,
): Promise<np.Array> {
  let x = lookUp(engine, ids);
  for (const [i, layer] of engine.weights.layers.entries()) {
    const bias = biases[attentionKindOf(engine.config, i)]!.ref;
    const prefix = { ...tree.ref(caches[i]!), bias };
    const out = engine.programs.layerAfterPrefix(tree.ref(layer), x, contextOf(engine, contexts, i), prefix);
    x = await engine.execution.settle(engine.edits.apply(i + 1, out));
  }
  return x;
}

/** As `readTokens`, also returning what `backToEmbeddings` needs. */
export async function readTokensSaving(engine: Engine, ids: np.Array, contexts: Contexts) {
  const saved: Saved[] = [];
  let x = lookUp(engine, ids);
  for (const [i, layer] of engine.weights.layers.entries()) {
    const out = engine.programs.layerSaving(tree.ref(layer), x, contextOf(engine, contexts, i));
    saved.push(out.saved);
    x = await engine.execution.settle(engine.edits.apply(i + 1, out.x));
  }
  return { x, saved };
}

/** From the gradient after the last layer to that of the rows of the embedding table, [B, T, d]. Consumes both. */
export async function backToEmbeddings(
  engine: Engine,
  saved: readonly Saved[],
  dLast: np.Array,
  contexts: Contexts,
): Promise<np.Array> {
  let dX = dLast;
  for (let i = engine.config.layers - 1; i >= 0; i--) {
    const layer = engine.weights.layers[i]!;
    dX = engine.edits.pullBack(i + 1, dX);
    dX = engine.programs.layerBackwardInput(tree.ref(layer), saved[i]!, contextOf(engine, contexts, i), dX);
    dX = await engine.execution.settle(dX);
  }
  const scale = embeddingScale(engine.config);
  const dInput = engine.edits.pullBack(0, dX);
  return scale === 1 ? dInput : dInput.mul(scale);
}

/** Frees keys and values. */
export const disposeCaches = (caches: readonly KeyValues[]): void =>
  caches.forEach((cache) => tree.dispose(cache));
