/**
 * @file Decode sessions: rows in one batch. Each row's cache begins at its first token, and what follows its last one is
 * empty and masked; so a row's bits do not depend on the rows beside it, if there are any (docs/decisions/0001).
 */
import { Scope } from '../../arrays/array-device.ts';
import { checkStep } from '../../decoding/checks.ts';
import type { Abortable, DecodeSession } from '../../language-model.ts';
import { attentionKindOf } from '../../llama-family.ts';
import { disposeCaches, type KeyValues } from './caches.ts';
import { causalPlaces, decodePlaces } from './context.ts';
import { checkPrompt, layerInputs, lookUp, Pace, padRows, readLayers, type Engine } from './engine.ts';
import { checkFits, sessionBytes } from './memory.ts';
import { cutCaches } from './prefix.ts';

/** Positions by which caches grow. */
const growth = 32;
/**
 * ONNX Runtime adds up the product of one row in another order than that of several, and three times as fast. So a
 * session of one prompt is computed alone, and rows that began in company keep it.
 */
const company = 2;

/** Prefill `prompts`, one row each. @throws as `checkSequence`, or the signal's reason */
export async function openSession(
  engine: Engine,
  prompts: readonly (readonly number[])[],
  options: Abortable = {},
): Promise<DecodeSession> {
  for (const prompt of prompts) checkPrompt(engine, prompt);
  const length = prompts.reduce((most, prompt) => Math.max(most, prompt.length), 0);
  const bytes = sessionBytes(engine.config, prompts.length, length, length + growth);
  checkFits(engine.device, 'Decoding', bytes, 'Decode fewer prompts side by side, or shorter ones.');
  const session = new Session(engine, prompts);
  if (prompts.length > 0) await session.prefill(prompts, new Pace(options));
  return session;
}

class Session implements DecodeSession {
  readonly #engine: Engine;
  /** Row of the arrays, by row of the contract; the other rows of the arrays are idle. */
  #slots: number[];
  /** Tokens read so far, by row of the contract. */
  #lengths: number[];
  /** Rows of the arrays. */
  #height = 0;
  readonly #fewest: number;
  #capacity = 0;
  /** One per layer. */
  #caches: KeyValues[] = [];
  /** [#height, V of the head] */
  #logits: Float32Array = new Float32Array();
  #closed = false;

  constructor(engine: Engine, prompts: readonly (readonly number[])[]) {
    this.#engine = engine;
    this.#fewest = prompts.length > 1 ? company : 1;
    this.#slots = [...prompts.keys()];
    this.#lengths = prompts.map(({ length }) => length);
  }

  get rows(): number {
    return this.#slots.length;
  }

  logits(row: number): Float32Array {
    const { config, limits } = this.#engine;
    const start = this.#slot(row) * config.vocabSize;
    return this.#logits.subarray(start, start + limits.vocabSize);
  }

  async prefill(prompts: readonly (readonly number[])[], pace: Pace): Promise<void> {
    const engine = this.#engine;
    const width = Math.max(...this.#lengths);
    const height = Math.max(this.#fewest, prompts.length);
    await Scope.with(async (scope) => {
      const shape = { rows: height, length: width, start: 0 };
      const places = causalPlaces(engine.device, scope, engine.config, shape);
      const embedded = await lookUp(engine, padRows(prompts, height, width));
      const { x, caches } = await readLayers(engine, embedded, places, { pace, invariant: true });
      scope.own(x);
      const last = Array.from({ length: height }, (_, row) => row * width + (this.#lengths[row] ?? 1) - 1);
      this.#caches = caches;
      this.#height = height;
      this.#capacity = width;
      this.#logits = await this.#logitsAt(scope, {
        x,
        at: scope.own(engine.device.uploadInts([height], last)),
      });
    });
  }

  async advance(tokens: readonly number[]): Promise<void> {
    const engine = this.#engine;
    const { device, programs, config, adapters, edits } = engine;
    checkStep(engine.limits, this.#lengths, tokens);
    this.#checkOpen();
    if (tokens.length === 0) return;
    await this.#makeRoom();
    const ids = new Int32Array(this.#height);
    const positions = new Array<number>(this.#height).fill(0);
    this.#slots.forEach((slot, row) => {
      ids[slot] = tokens[row]!;
      positions[slot] = this.#lengths[row]!;
    });
    await Scope.with(async (scope) => {
      const { places, write } = decodePlaces(device, scope, config, positions, this.#capacity);
      const program = programs.layer(adapters.names, { cache: 'write', invariant: true });
      let x = scope.own(await lookUp(engine, ids));
      for (const [layer, cache] of this.#caches.entries()) {
        const { out, k, v } = await program.run({
          ...layerInputs(engine, layer),
          ...places[attentionKindOf(config, layer)],
          ...{ x, write, past_key: cache.k, past_value: cache.v },
        });
        disposeCaches([cache]);
        this.#caches[layer] = { k: k!, v: v! };
        scope.drop(x);
        x = scope.own(await edits.apply(layer + 1, out!));
      }
      const at = scope.own(device.uploadInts([this.#height], Array.from(ids.keys())));
      this.#logits = await this.#logitsAt(scope, { x, at });
    });
    this.#lengths = this.#lengths.map((length) => length + 1);
  }

  async keep(rows: readonly number[]): Promise<void> {
    const slots = rows.map((row) => this.#slot(row));
    this.#checkOpen();
    this.#lengths = rows.map((row) => this.#lengths[row]!);
    this.#slots = slots;
    const repeated = new Set(slots).size < slots.length;
    const height = Math.max(this.#fewest, slots.length);
    if (slots.length === 0 || (!repeated && height === this.#height)) return;
    const source = Array.from({ length: height }, (_, i) => slots[i] ?? 0);
    const { vocabSize } = this.#engine.config;
    const logits = new Float32Array(height * vocabSize);
    source.forEach((slot, i) =>
      logits.set(this.#logits.subarray(slot * vocabSize, (slot + 1) * vocabSize), i * vocabSize),
    );
    await this.#cut({ rows: source, to: this.#capacity });
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
    this.#logits = new Float32Array();
  }

  async #logitsAt(scope: Scope, at: Record<'x' | 'at', ReturnType<Scope['own']>>): Promise<Float32Array> {
    const { device, programs, weights } = this.#engine;
    const { norm, head } = weights;
    const { logits } = await programs.get('logits').run({ ...at, norm, head });
    return device.read(scope.own(logits!));
  }

  /** A place for one more token in every row. */
  async #makeRoom(): Promise<void> {
    const needed = Math.max(...this.#lengths) + 1;
    if (needed <= this.#capacity) return;
    const capacity = Math.min(this.#engine.limits.contextWindow, Math.ceil(needed / growth) * growth);
    const rows = Array.from({ length: this.#height }, (_, row) => row);
    await this.#cut({ rows, to: this.#capacity, more: capacity - this.#capacity });
    this.#capacity = capacity;
  }

  async #cut(how: Parameters<typeof cutCaches>[2]): Promise<void> {
    const cut = await cutCaches(this.#engine, this.#caches, how);
    disposeCaches(this.#caches);
    this.#caches = cut;
  }

  #slot(row: number): number {
    const slot = this.#slots[row];
    if (slot === undefined) throw new RangeError(`There is no row ${row}; ${this.rows} are open.`);
    return slot;
  }

  #checkOpen(): void {
    if (this.#closed) throw new Error('This decode session is closed.');
  }
}
