/** @file One model on a device, and the passes through its layers that all computations share. */
import {
  disposeAll,
  Scope,
  type ArrayDevice,
  type DeviceArray,
  type NamedArrays,
} from '../../arrays/array-device.ts';
import type { Abortable } from '../../decoding/abort.ts';
import { checkSequence, contextOverflow, type Limits } from '../../decoding/checks.ts';
import { turn } from '../../decoding/join.ts';
import type { ScoringRequest } from '../../language-model.ts';
import type { LlamaConfig } from '../../llama.ts';
import { attentionKindOf } from '../../llama-family.ts';
import type { Projection } from '../../projections.ts';
import { disposeCaches, type KeyValues, type PrefixCache } from './caches.ts';
import type { Places } from './context.ts';
import type { ResidualEditor } from './edits.ts';
import type { Programs } from './programs.ts';
import type { DeviceWeights } from './weights.ts';

export interface Engine {
  readonly device: ArrayDevice;
  readonly config: LlamaConfig;
  /** Its `vocabSize` is V, the number of ids that have logits. */
  readonly limits: Limits;
  /** Number of ids that may be read: V, and soft tokens if there are any. */
  readonly inputVocabSize: number;
  readonly programs: Programs;
  readonly weights: DeviceWeights;
  /** Vectors of soft tokens, whose ids follow those of the vocabulary: [n, d]. */
  readonly soft: DeviceArray | null;
  readonly edits: ResidualEditor;
  readonly adapters: LayerAdapters;
  /** Keys and values of the prompt's beginning that was read last. */
  readonly prefix: PrefixCache;
}

/** Low-rank adapters: which linear layers have one, and by layer their matrices and scale. */
export interface LayerAdapters {
  readonly names: ReadonlySet<Projection>;
  readonly layers: readonly NamedArrays[];
}

export const noAdapters: LayerAdapters = { names: new Set(), layers: [] };

/** @throws as `checkSequence`; soft tokens are allowed */
export const checkPrompt = ({ limits, inputVocabSize }: Engine, prompt: readonly number[]): void =>
  checkSequence({ ...limits, vocabSize: inputVocabSize }, prompt);

/** @throws RangeError for a position outside of the prompt */
export function checkPositions(prompt: readonly number[], positions: readonly number[]): void {
  if (positions.every((at) => Number.isInteger(at) && at >= 0 && at < prompt.length)) return;
  throw new RangeError(`A prompt of ${prompt.length} tokens has no such position: ${positions.join(', ')}.`);
}

/** @throws as `checkScoring`; soft tokens are allowed in the prompt */
export function checkRequest(engine: Engine, { prompt, target }: ScoringRequest): void {
  checkPrompt(engine, prompt);
  checkSequence(engine.limits, target);
  const length = prompt.length + target.length;
  if (length > engine.limits.contextWindow) throw contextOverflow(engine.limits, length);
}

/** The inputs of layer `layer` that do not depend on what is read. */
export const layerInputs = ({ weights, adapters }: Pick<Engine, 'weights' | 'adapters'>, layer: number) => ({
  ...weights.layers[layer]!,
  ...adapters.layers[layer],
});

/** An empty cache. */
export const noPast = ({ device, config }: Pick<Engine, 'device' | 'config'>): KeyValues => {
  const empty = () => device.upload([1, config.kvHeads, 0, config.headDim], new Float32Array());
  return { k: empty(), v: empty() };
};

/** Lets messages arrive, such as a stop, when some time has passed since it did so last. */
export class Pace {
  readonly #signal: AbortSignal | undefined;
  #last = performance.now();

  constructor({ signal }: Abortable) {
    this.#signal = signal;
  }

  /** @throws the signal's reason */
  async step(): Promise<void> {
    if (performance.now() - this.#last > 40) {
      await turn();
      this.#last = performance.now();
    }
    this.#signal?.throwIfAborted();
  }
}

/** The vectors of `ids`, [N, d], with edits of the embedding. The caller owns them. */
export async function lookUp(engine: Engine, ids: ArrayLike<number>): Promise<DeviceArray> {
  const { device, programs, weights, soft, config, edits } = engine;
  return Scope.with(async (scope) => {
    const table = weights.embedding;
    const isSoft = Array.from(ids, (id) => (id >= config.vocabSize ? 1 : 0));
    const hardIds = Array.from(ids, (id, i) => (isSoft[i] ? 0 : id));
    const given = { table, ids: scope.own(device.uploadInts([ids.length], hardIds)) };
    if (!soft || !isSoft.includes(1)) {
      const { x } = await programs.get('embed').run(given);
      return edits.apply(0, x!);
    }
    const softIds = Array.from(ids, (id, i) => (isSoft[i] ? id - config.vocabSize : 0));
    const { x } = await programs.get('embedSoft').run({
      ...given,
      soft,
      soft_ids: scope.own(device.uploadInts([ids.length], softIds)),
      is_soft: scope.own(device.upload([ids.length, 1], Float32Array.from(isSoft))),
    });
    return edits.apply(0, x!);
  });
}

/**
 * The stream after the last layer, [N, d], and each layer's keys and values, which the caller owns. Consumes `x`.
 * @param past by layer, borrowed; `null`: none
 * @param onInput is lent the stream before each layer
 */
export async function readLayers(
  engine: Engine,
  x: DeviceArray,
  places: Places,
  {
    past = null,
    invariant = false,
    pace,
    onInput,
    onShares,
  }: {
    readonly past?: readonly KeyValues[] | null;
    /** Whether a row's bits must not depend on its padding. */
    readonly invariant?: boolean;
    readonly pace: Pace;
    readonly onInput?: (x: DeviceArray) => Promise<void>;
    /** Is lent what each query of a layer takes from each key; not with `invariant`. */
    readonly onShares?: (shares: DeviceArray) => Promise<void>;
  },
): Promise<{ readonly x: DeviceArray; readonly caches: KeyValues[] }> {
  const { config, programs, adapters, edits } = engine;
  const program = programs.layer(adapters.names, { cache: 'append', invariant }, onShares !== undefined);
  const caches: KeyValues[] = [];
  const none = noPast(engine);
  let stream = x;
  try {
    for (let layer = 0; layer < config.layers; layer++) {
      await pace.step();
      await onInput?.(stream);
      const before = past?.[layer] ?? none;
      const { out, k, v, shares } = await program.run({
        ...layerInputs(engine, layer),
        ...places[attentionKindOf(config, layer)],
        x: stream,
        past_key: before.k,
        past_value: before.v,
      });
      caches.push({ k: k!, v: v! });
      stream.dispose();
      stream = await edits.apply(layer + 1, out!);
      if (onShares) await lend(shares!, onShares);
    }
    return { x: stream, caches };
  } catch (error) {
    stream.dispose();
    disposeCaches(caches);
    throw error;
  } finally {
    disposeAll(none);
  }
}

async function lend(array: DeviceArray, use: (array: DeviceArray) => Promise<void>): Promise<void> {
  try {
    await use(array);
  } finally {
    array.dispose();
  }
}

/** `rows` flat, each padded on the right to `width`, `height` of them. */
export function padRows(rows: readonly ArrayLike<number>[], height: number, width: number): Int32Array {
  const out = new Int32Array(height * width);
  rows.forEach((row, i) => out.set(row, i * width));
  return out;
}
