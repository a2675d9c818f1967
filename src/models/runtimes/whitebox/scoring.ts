/** @file Log-probs of many targets at once: what requests share is read once, the rest in chunks. */
import { Scope, type DeviceArray } from '../../arrays/array-device.ts';
import type { LlamaConfig } from '../../llama.ts';
import { disposeCaches } from './caches.ts';
import { causalPlaces } from './context.ts';
import { checkRequest, lookUp, Pace, padRows, readLayers, type Engine } from './engine.ts';
import { checkFits, readBytes } from './memory.ts';
import { minPrefixLength, sharedLength, withPrefix } from './prefix.ts';
import type { ScoringOptions, ScoringRequest } from '../../language-model.ts';

/** Tokens that are read side by side: enough to keep matrix products busy. */
const tokensPerChunk = 256;
/** Positions whose logits are computed at a time: 16 MiB of them, or sixteen. */
export const positionsPerRun = ({ vocabSize }: Pick<LlamaConfig, 'vocabSize'>): number =>
  Math.max(16, Math.floor(2 ** 22 / vocabSize));

interface Row {
  readonly index: number;
  /** The last token of a target is predicted, never read. */
  readonly ids: readonly number[];
  readonly target: readonly number[];
  /** Leading ids that it shares with most requests; the last token of a prompt, which predicts, is not counted. */
  readonly common: number;
}

/** Rows that are read together, after the tokens that they all share. */
interface Chunk {
  readonly rows: readonly Row[];
  readonly shared: number;
}

/** @returns as `logProbs` of the contract @throws as `checkRequest`, or the signal's reason */
export async function scoreTargets(
  engine: Engine,
  requests: readonly ScoringRequest[],
  { signal, sharePrefix = true }: ScoringOptions = {},
): Promise<Float32Array[]> {
  for (const request of requests) checkRequest(engine, request);
  const pace = new Pace({ signal });
  const results = new Array<Float32Array>(requests.length);
  const chunks = chunksOf(requests, sharePrefix);
  checkFits(engine.device, 'Scoring', chunksBytes(engine, chunks), 'Use shorter prompts or a smaller model.');
  for (const { rows, shared } of chunks) {
    await pace.step();
    await withPrefix(engine, rows[0]!.ids.slice(0, shared), pace, async (past) => {
      const tails = rows.map(({ ids }) => ids.slice(shared));
      const width = Math.max(...tails.map(({ length }) => length));
      await Scope.with(async (scope) => {
        const shape = { rows: rows.length, length: width, start: shared };
        const places = causalPlaces(engine.device, scope, engine.config, shape);
        const embedded = await lookUp(engine, padRows(tails, rows.length, width));
        const { x, caches } = await readLayers(engine, embedded, places, { past, pace });
        disposeCaches(caches);
        scope.own(x);
        const wanted = rows.flatMap(({ target }, row) => {
          const first = row * width + tails[row]!.length - target.length;
          return target.map((id, t) => ({ at: first + t, target: id }));
        });
        const values = await logProbsAt(engine, x, wanted, pace);
        let next = 0;
        for (const { index, target } of rows)
          results[index] = Float32Array.from(target, () => Math.min(0, values[next++]!));
      });
    });
  }
  return results;
}

/** Log-probs of one target at each of some positions of the stream after the last layer, [N, d], borrowed. */
export async function logProbsAt(
  { device, programs, weights, config }: Pick<Engine, 'device' | 'programs' | 'weights' | 'config'>,
  x: DeviceArray,
  wanted: readonly { readonly at: number; readonly target: number }[],
  pace: Pace,
): Promise<Float32Array> {
  const values = new Float32Array(wanted.length);
  const size = positionsPerRun(config);
  for (let start = 0; start < wanted.length; start += size) {
    await pace.step();
    const some = wanted.slice(start, start + size);
    await Scope.with(async (scope) => {
      const ints = (list: readonly number[]) => scope.own(device.uploadInts([list.length], list));
      const { log_probs: logProbs } = await programs.get('logProbs').run({
        ...{ x, norm: weights.norm, head: weights.head },
        at: ints(some.map(({ at }) => at)),
        targets: ints(some.map(({ target }) => target)),
      });
      values.set(await device.read(scope.own(logProbs!)), start);
    });
  }
  return values;
}

/**
 * Requests that agree with the most common tokens for longest come first, so that the members of a chunk share much, and
 * what later chunks share is the beginning of what the first share. Sorting is stable: equal requests give equal chunks.
 */
function chunksOf(requests: readonly ScoringRequest[], sharePrefix: boolean): Chunk[] {
  const usual = sharePrefix && requests.length > 1 ? commonTokens(requests.map(({ prompt }) => prompt)) : [];
  const rows = requests.map(({ prompt, target }, index): Row => {
    const common = Math.min(sharedLength(prompt, usual), prompt.length - 1);
    return { index, ids: [...prompt, ...target.slice(0, -1)], target, common };
  });
  rows.sort((a, b) => b.common - a.common || a.ids.length - b.ids.length);
  const chunks: Chunk[] = [];
  for (let start = 0; start < rows.length;) {
    let end = start + 1;
    while (end < rows.length && fits(rows.slice(start, end + 1))) end++;
    const members = rows.slice(start, end);
    chunks.push({ rows: members, shared: sharedBy(members) });
    start = end;
  }
  return chunks;
}

const sharedBy = (rows: readonly Row[]): number => {
  const shared = Math.min(...rows.map(({ common }) => common));
  return shared < minPrefixLength ? 0 : shared;
};

const widthOf = (rows: readonly Row[], shared: number): number =>
  Math.max(...rows.map(({ ids }) => ids.length)) - shared;

const fits = (rows: readonly Row[]): boolean => rows.length * widthOf(rows, sharedBy(rows)) <= tokensPerChunk;

/** Bytes of the chunk that takes most. */
function chunksBytes({ config }: Pick<Engine, 'config'>, chunks: readonly Chunk[]): number {
  const bytes = chunks.map(({ rows, shared }) => {
    const targets = rows.reduce((sum, { target }) => sum + target.length, 0);
    const shape = { rows: rows.length, length: widthOf(rows, shared), past: shared };
    return readBytes(config, shape, Math.min(targets, positionsPerRun(config)));
  });
  return Math.max(0, ...bytes);
}

/** At each position the token that most sequences have. */
function commonTokens(sequences: readonly (readonly number[])[]): number[] {
  const length = Math.max(...sequences.map((sequence) => sequence.length));
  return Array.from({ length }, (_, at) => {
    const counts = new Map<number, number>();
    for (const sequence of sequences)
      if (at < sequence.length) counts.set(sequence[at]!, (counts.get(sequence[at]!) ?? 0) + 1);
    return [...counts].reduce((most, entry) => (entry[1] > most[1] ? entry : most))[0];
  });
}
