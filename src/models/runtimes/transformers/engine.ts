/**
 * @file Forward passes of one loaded decoder, over transformers.js. Inputs are checked by the callers.
 * Shapes: B = rows, S = new positions, T = cached and new positions together, V = vocabulary size.
 */
import { DynamicCache, Tensor, type PreTrainedModel } from '@huggingface/transformers';
import { explainRun, failureIn, returnRunFailures } from './errors.ts';

/** Keys and values of all rows, by the name of the graph's input. `[B, heads, T, head size]` each. */
export type KeyValues = ReadonlyMap<string, Tensor>;

export interface Batch {
  /** [B, S] token ids; padding (any id) stands at the left. */
  readonly ids: readonly (readonly number[])[];
  /** [B, T]; 0 hides a position from every query. */
  readonly mask: readonly (readonly number[])[];
  /** Borrowed. */
  readonly past: KeyValues | null;
  /** How many of the last positions must have logits. */
  readonly keep: number;
}

export interface Output {
  /** Logits at `fromEnd` positions before the last. Borrowed: a view, shape [V]. */
  logits(row: number, fromEnd: number): Float32Array;
  /** The cache with the new positions; the caller owns it. */
  readonly past: KeyValues;
}

export interface Engine {
  readonly vocabSize: number;
  forward(batch: Batch): Promise<Output>;
}

export function createEngine(id: string, model: PreTrainedModel, vocabSize: number): Engine {
  returnRunFailures(model);
  const sessions = Object.values(model.sessions as Record<string, EngineSession>);
  for (const session of sessions) session.keepInHeap?.(isCache);
  const takesPositions = sessions.some(({ inputNames }) => inputNames.includes('position_ids'));
  const firstPosition = countsFromOne.has((model.config as { model_type?: string }).model_type ?? '') ? 1 : 0;
  return {
    vocabSize,
    async forward({ ids, mask, past, keep }) {
      const output = (await model
        .forward({
          input_ids: int64(ids),
          attention_mask: int64(mask),
          ...(takesPositions && { position_ids: int64(positionIds(mask, ids[0]!.length, firstPosition)) }),
          num_logits_to_keep: new Tensor('int64', BigInt64Array.of(BigInt(keep)), []),
          past_key_values: past ? new DynamicCache(Object.fromEntries(past)) : null,
        })
        .catch((error: unknown) => {
          throw explainRun(id, error);
        })) as Record<string, Tensor>;
      const failure = failureIn(output);
      if (failure) throw explainRun(id, failure.error);
      const present = new Map<string, Tensor>();
      for (const [name, tensor] of Object.entries(output))
        if (isCache(name)) present.set(cacheName(name), tensor);
      const logits = output['logits']!;
      const data = (logits.type === 'float32' ? logits : logits.to('float32')).data as Float32Array;
      const [, positions, width] = logits.dims as [number, number, number];
      return {
        past: present,
        logits(row, fromEnd) {
          const start = (row * positions + positions - 1 - fromEnd) * width;
          return data.subarray(start, start + vocabSize);
        },
      };
    },
  };
}

interface EngineSession {
  readonly inputNames: readonly string[];
  /** Of a session that can leave outputs where they are; see `HeapSession`. */
  keepInHeap?(stays: (output: string) => boolean): void;
}

/** Families whose positions count from 1, as transformers.js has it. */
const countsFromOne: ReadonlySet<string> = new Set(['paligemma', 'gemma3', 'gemma3_text']);

/**
 * Positions of the last `count` columns, as transformers.js counts them: of the tokens that are not padding; padding is
 * at 1. Its own count takes a big integer for each token of the cache, a tenth of the time of a step.
 */
export const positionIds = (
  mask: readonly (readonly number[])[],
  count: number,
  first: number,
): readonly (readonly number[])[] =>
  mask.map((row) => {
    let next = first;
    const start = row.length - count;
    for (let column = 0; column < start; column++) next += row[column]!;
    return row.slice(start).map((isToken) => (isToken ? next++ : 1));
  });

const isCache = (output: string) => output.startsWith('present');

/** The name under which the graph takes an output of its cache back, as transformers.js maps it. */
const cacheName = (output: string) =>
  output.replace(/^present_/, 'past_').replace(/^present/, 'past_key_values');

/** Rows of small non-negative integers as one int64 tensor, without a BigInt for each. */
export function int64(rows: readonly (readonly number[])[]): Tensor {
  const width = rows[0]!.length;
  const words = new Int32Array(rows.length * width * 2);
  let place = 0;
  for (const row of rows)
    for (let column = 0; column < width; column++, place += 2) words[place] = row[column]!;
  return new Tensor('int64', new BigInt64Array(words.buffer), [rows.length, width]);
}

/** A tensor in the heap of an engine that copies rows there; see `HeapSession`. */
interface HeapTensor {
  takeRows?: (rows: readonly number[]) => object;
}

/** Data of a cache tensor, fetched from the GPU if it is there. float16 caches hold 16-bit words. */
const dataOf = async (tensor: Tensor): Promise<Float32Array> =>
  (tensor.location === 'gpu-buffer' ? await tensor.ort_tensor.getData() : tensor.data) as Float32Array;

/** The cache of these rows, in this order; a row may be named more than once. Copies: `past` stays valid. */
export async function gatherRows(past: KeyValues, rows: readonly number[]): Promise<KeyValues> {
  const gathered = new Map<string, Tensor>();
  for (const [name, tensor] of past) {
    const { takeRows } = tensor.ort_tensor as HeapTensor;
    if (takeRows) {
      gathered.set(name, new Tensor(takeRows(rows) as never));
      continue;
    }
    const data = await dataOf(tensor);
    const [count, ...rest] = tensor.dims as [number, ...number[]];
    const size = data.length / count;
    const out = new (data.constructor as Float32ArrayConstructor)(size * rows.length);
    rows.forEach((row, place) => out.set(data.subarray(row * size, (row + 1) * size), place * size));
    gathered.set(name, new Tensor(tensor.type, out, [rows.length, ...rest]));
  }
  return gathered;
}

/** Give back the memory of a cache, of the GPU or of the engine's heap. Doing it twice is harmless. */
export function release(past: KeyValues | null): void {
  for (const tensor of past?.values() ?? []) if (tensor.location !== 'cpu') tensor.dispose();
}
