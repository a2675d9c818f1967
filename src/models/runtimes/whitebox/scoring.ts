/** @file Log-probs of many targets at once: a prefix that all prompts share is read once, the rest in chunks. */
import { tree, type numpy as np } from '@jax-js/jax';
import { turn } from '../../decoding/join.ts';
import type { ScoringOptions, ScoringRequest } from '../../language-model.ts';
import { int32 } from './device.ts';
import { prefixBiases, type Contexts } from './context.ts';
import { checkRequest, disposeCaches, readTokens, readTokensAfter, type Engine } from './engine.ts';
import type { KeyValues } from './forward.ts';
import { arrangeScored, bucket, padRows, sharedPrefixLength } from './shapes.ts';
import { finalOf } from './weights.ts';

/** A shorter shared prefix is not worth a pass of its own. */
const minSharedLength = 8;

/** The rest of a request after the shared prefix. */
interface Row {
  readonly index: number;
  readonly inputs: readonly number[];
  readonly target: readonly number[];
}

/** @returns as `logProbs` of the contract @throws as `checkRequest`, or the signal's reason */
export async function scoreTargets(
  engine: Engine,
  requests: readonly ScoringRequest[],
  { signal, sharePrefix = true }: ScoringOptions = {},
): Promise<Float32Array[]> {
  for (const request of requests) checkRequest(engine, request);
  if (requests.length === 0) return [];
  // The last token of a prompt predicts the first of its target, so it cannot be part of the prefix.
  const prompts = requests.map(({ prompt }) => prompt.slice(0, -1));
  const common = sharePrefix && requests.length > 1 ? sharedPrefixLength(prompts) : 0;
  const shared = common >= minSharedLength ? common : 0;
  const rows = requests.map(({ prompt, target }, index): Row => {
    const inputs = [...prompt.slice(shared), ...target.slice(0, -1)];
    return { index, inputs, target };
  });
  // Rows of similar length share a chunk; the sort is stable, so that equal requests give equal chunks.
  rows.sort((a, b) => a.inputs.length - b.inputs.length);
  const prefix = shared > 0 ? await readPrefix(engine, requests[0]!.prompt.slice(0, shared)) : null;
  const results = new Array<Float32Array>(requests.length);
  try {
    const size = chunkSize(engine, rows);
    for (let start = 0; start < rows.length; start += size) {
      await turn();
      signal?.throwIfAborted();
      const chunk = rows.slice(start, start + size);
      const scores = await scoreChunk(engine, chunk, bucket(size), shared, prefix);
      chunk.forEach(({ index }, i) => (results[index] = scores[i]!));
    }
  } finally {
    if (prefix) disposeCaches(prefix);
  }
  return results;
}

/** Rows in a chunk: chunks are of equal size, so that they share a shape, and their arrays stay within bounds. */
function chunkSize({ config, chunkValues }: Engine, rows: readonly Row[]): number {
  const longest = bucket(Math.max(...rows.map(({ inputs }) => inputs.length)));
  const targets = Math.max(...rows.map(({ target }) => target.length));
  const widest = Math.max(
    longest * config.intermediateSize,
    longest * longest * config.heads,
    targets * config.vocabSize,
  );
  const most = Math.max(1, Math.floor(chunkValues / widest));
  return Math.ceil(rows.length / Math.ceil(rows.length / most));
}

/** Keys and values of `ids`, padded to a bucket. The caller frees them. */
async function readPrefix(engine: Engine, ids: readonly number[]): Promise<KeyValues[]> {
  const width = bucket(ids.length);
  const { x, caches } = await engine.contexts.use(width, 0, (contexts) =>
    readTokens(engine, int32(padRows([ids], 1, width), [1, width]), contexts),
  );
  x.dispose();
  return caches;
}

async function scoreChunk(
  engine: Engine,
  rows: readonly Row[],
  height: number,
  start: number,
  prefix: readonly KeyValues[] | null,
): Promise<Float32Array[]> {
  const width = bucket(Math.max(...rows.map(({ inputs }) => inputs.length)));
  const ids = int32(
    padRows(
      rows.map(({ inputs }) => inputs),
      height,
      width,
    ),
    [height, width],
  );
  const scored = rows.flatMap(({ inputs, target }, row) =>
    target.map((id, t) => ({
      position: row * width + inputs.length - target.length + t,
      target: id,
      weight: 1,
    })),
  );
  const { positions, targets, slots } = arrangeScored(scored, bucket(scored.length), height * width);
  const x = await engine.contexts.use(width, start, (contexts) =>
    prefix ? readAfter(engine, ids, contexts, prefix, start) : readAlone(engine, ids, contexts),
  );
  const values = await engine.execution.read(
    engine.programs.logProbs(finalOf(engine.weights), x, int32(positions), int32(targets)),
  );
  let next = 0;
  return rows.map(({ target }) => Float32Array.from(target, () => Math.min(0, values[slots[next++]!]!)));
}

/** @param start the length of the prefix */
async function readAfter(
  engine: Engine,
  ids: np.Array,
  contexts: Contexts,
  caches: readonly KeyValues[],
  start: number,
) {
  const biases = prefixBiases(engine.config, start, caches[0]!.keys.shape[2]!, ids.shape[1]!);
  try {
    return await readTokensAfter(engine, ids, contexts, { caches, biases });
  } finally {
    tree.dispose(biases);
  }
}

async function readAlone(...args: Parameters<typeof readTokens>) {
  const { x, caches } = await readTokens(...args);
  disposeCaches(caches);
  return x;
}
