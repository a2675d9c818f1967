/** @file Decode sessions: rows in one batch, each with a cache of its own length in arrays of one capacity. */
import { numpy as np, tree } from '@jax-js/jax';
import { checkStep } from '../../decoding/checks.ts';
import { turn } from '../../decoding/join.ts';
import type { Abortable, DecodeSession } from '../../language-model.ts';
import { decodeContexts } from './context.ts';
import { int32 } from './device.ts';
import { checkPrompt, contextOf, disposeCaches, readTokens, type Engine } from './engine.ts';
import type { KeyValues } from './forward.ts';
import { bucket, padRows } from './shapes.ts';
import { finalOf } from './weights.ts';

/** Positions by which caches grow. */
const growth = 64;

/** Prefill `prompts`, one row each. @throws as `checkSequence`, or the signal's reason */
export async function openSession(
  engine: Engine,
  prompts: readonly (readonly number[])[],
  { signal }: Abortable = {},
): Promise<DecodeSession> {
  for (const prompt of prompts) checkPrompt(engine, prompt);
  const session = new Session(engine, prompts);
  try {
    const size = chunkSize(engine, prompts);
    for (let start = 0; start < prompts.length; start += size) {
      await turn();
      signal?.throwIfAborted();
      await session.prefill(prompts.slice(start, start + size), bucket(size), start);
    }
  } catch (error) {
    await session.close();
    throw error;
  }
  return session;
}

function chunkSize({ config, chunkValues }: Engine, prompts: readonly (readonly number[])[]): number {
  const longest = bucket(Math.max(1, ...prompts.map(({ length }) => length)));
  const widest = longest * Math.max(config.intermediateSize, longest * config.heads);
  const most = Math.max(1, Math.floor(chunkValues / widest));
  return Math.max(1, Math.ceil(prompts.length / Math.ceil(prompts.length / most)));
}

class Session implements DecodeSession {
  readonly #engine: Engine;
  /** Row of the arrays, by row of the contract; the other rows of the arrays are idle. */
  #slots: number[];
  /** Tokens read so far, by row of the contract. */
  #lengths: number[];
  /** Rows of the arrays. */
  #height = 0;
  #capacity: number;
  /** One per layer. */
  #caches: KeyValues[] = [];
  /** [#height, V of the head] */
  #logits: Float32Array = new Float32Array();
  #closed = false;

  constructor(engine: Engine, prompts: readonly (readonly number[])[]) {
    this.#engine = engine;
    this.#slots = [];
    this.#lengths = prompts.map(({ length }) => length);
    this.#capacity = this.#roomFor(Math.max(0, ...this.#lengths) + 1);
  }

  get rows(): number {
    return this.#slots.length;
  }

  logits(row: number): Float32Array {
    const slot = this.#slots[row];
    if (slot === undefined) throw new RangeError(`There is no row ${row}; ${this.rows} are open.`);
    const { config, limits } = this.#engine;
    return this.#logits.subarray(slot * config.vocabSize, slot * config.vocabSize + limits.vocabSize);
  }

  /** Read some of the prompts into new rows of the arrays. */
  async prefill(prompts: readonly (readonly number[])[], height: number, first: number) {
    const { programs, execution, weights, contexts } = this.#engine;
    const width = bucket(Math.max(...prompts.map(({ length }) => length)));
    const ids = int32(padRows(prompts, height, width), [height, width]);
    const { x, caches } = await contexts.use(width, 0, (at) => readTokens(this.#engine, ids, at));
    const last = Array.from({ length: height }, (_, row) => row * width + (prompts[row]?.length ?? 1) - 1);
    const logits = await execution.read(programs.logits(finalOf(weights), x, int32(last)));
    const sized = caches.map((cache) => resize(cache, this.#capacity));
    this.#caches = this.#height === 0 ? sized : this.#caches.map((cache, i) => append(cache, sized[i]!));
    const all = new Float32Array(this.#logits.length + logits.length);
    all.set(this.#logits);
    all.set(logits, this.#logits.length);
    this.#logits = all;
    prompts.forEach((_, i) => (this.#slots[first + i] = this.#height + i));
    this.#height += height;
  }

  async advance(tokens: readonly number[]): Promise<void> {
    const { programs, execution, weights, config, limits, edits, table } = this.#engine;
    checkStep(limits, this.#lengths, tokens);
    this.#checkOpen();
    if (tokens.length === 0) return;
    const needed = Math.max(...this.#lengths) + 1;
    if (needed > this.#capacity) {
      this.#capacity = this.#roomFor(needed);
      this.#caches = this.#caches.map((cache) => resize(cache, this.#capacity));
    }
    const ids = new Int32Array(this.#height);
    const positions = new Array<number>(this.#height).fill(0);
    this.#slots.forEach((slot, row) => {
      ids[slot] = tokens[row]!;
      positions[slot] = this.#lengths[row]!;
    });
    const { contexts, write } = decodeContexts(config, positions, this.#capacity);
    let x = edits.apply(0, programs.embed(table.ref, int32(ids, [this.#height, 1])));
    for (const [i, layer] of weights.layers.entries()) {
      const { x: out, ...cache } = programs.decodeLayer(
        tree.ref(layer),
        x,
        contextOf(this.#engine, contexts, i),
        write.ref,
        this.#caches[i]!,
      );
      this.#caches[i] = cache;
      x = edits.apply(i + 1, out);
    }
    tree.dispose([...contexts, write]);
    this.#logits = await execution.read(
      programs.logits(finalOf(weights), x, int32(positions.map((_, row) => row))),
    );
    this.#lengths = this.#lengths.map((length) => length + 1);
  }

  async keep(rows: readonly number[]): Promise<void> {
    const slots = rows.map((row) => {
      const slot = this.#slots[row];
      if (slot === undefined) throw new RangeError(`There is no row ${row}; ${this.rows} are open.`);
      return slot;
    });
    this.#checkOpen();
    this.#lengths = rows.map((row) => this.#lengths[row]!);
    this.#slots = slots;
    const height = bucket(slots.length);
    const repeated = new Set(slots).size < slots.length;
    // A new height is a new shape to compile, so the arrays shrink by at least half.
    if (slots.length === 0 || (!repeated && height * 2 > this.#height)) return;
    const source = Array.from({ length: height }, (_, i) => slots[i] ?? 0);
    const { vocabSize } = this.#engine.config;
    const logits = new Float32Array(height * vocabSize);
    source.forEach((slot, i) =>
      logits.set(this.#logits.subarray(slot * vocabSize, (slot + 1) * vocabSize), i * vocabSize),
    );
    const index = int32(source);
    this.#caches = this.#caches.map(({ keys, values }) => ({
      keys: keys.slice(index.ref),
      values: values.slice(index.ref),
    }));
    index.dispose();
    this.#logits = logits;
    this.#height = height;
    this.#slots = slots.map((_, i) => i);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    disposeCaches(this.#caches);
    this.#caches = [];
    this.#slots = [];
    this.#lengths = [];
  }

  #roomFor(length: number): number {
    return Math.min(
      this.#engine.limits.contextWindow,
      bucket(Math.ceil((length + growth / 2) / growth) * growth),
    );
  }

  #checkOpen(): void {
    if (this.#closed) throw new Error('This decode session is closed.');
  }
}

/** Cut or pad keys and values to `capacity` positions; padding is never read. */
function resize({ keys, values }: KeyValues, capacity: number): KeyValues {
  const fit = (x: np.Array): np.Array => {
    const length = x.shape[2]!;
    if (length === capacity) return x;
    return length > capacity ? x.slice([], [], [0, capacity], []) : np.pad(x, { 2: [0, capacity - length] });
  };
  return { keys: fit(keys), values: fit(values) };
}

const append = (a: KeyValues, b: KeyValues): KeyValues => ({
  keys: np.concatenate([a.keys, b.keys], 0),
  values: np.concatenate([a.values, b.values], 0),
});
