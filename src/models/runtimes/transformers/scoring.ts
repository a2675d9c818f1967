/** @file Log-probs of many targets in few runs: a shared prefix is read once, requests of similar length share a run. */
import { checkScoring } from '../../decoding/checks.ts';
import { turn } from '../../decoding/join.ts';
import { logSumExp } from '../../decoding/sampler.ts';
import type { ScoringOptions, ScoringRequest } from '../../language-model.ts';
import { gatherRows, release, type KeyValues } from './engine.ts';
import { prefill, type Host } from './session.ts';

/** A shorter shared prefix is not worth a run of its own. */
const minSharedLength = 8;
/** Most logits that one run keeps; 32 MiB. */
const logitsPerRun = 2 ** 23;

/** @returns for each request, log p(target[t] | prompt, target[0..t)) in nats. @throws as the contract */
export async function scoreTargets(
  host: Host,
  requests: readonly ScoringRequest[],
  { signal, sharePrefix = true }: ScoringOptions = {},
): Promise<Float32Array[]> {
  for (const request of requests) checkScoring(host.limits, request);
  // The last token of a target is predicted, never read.
  const sequences = requests.map(({ prompt, target }) => [...prompt, ...target.slice(0, -1)]);
  const shared = sharePrefix ? sharedLength(requests, sequences) : 0;
  const results = new Array<Float32Array>(requests.length);
  let prefix: KeyValues | null = null;
  let tiled = null as { readonly rows: number; readonly past: KeyValues } | null;
  try {
    if (shared > 0)
      prefix = (await prefill(host, [sequences[0]!.slice(0, shared)], { keep: 1, signal })).past;
    for (const members of batches(host, requests, sequences, shared)) {
      await turn();
      if (prefix && tiled?.rows !== members.length) {
        release(tiled?.past ?? null);
        tiled = {
          rows: members.length,
          past: await gatherRows(
            prefix,
            members.map(() => 0),
          ),
        };
      }
      const tails = members.map((index) => sequences[index]!.slice(shared));
      const keep = Math.max(...members.map((index) => requests[index]!.target.length));
      const output = await prefill(host, tails, { keep, past: tiled?.past ?? null, cached: shared, signal });
      members.forEach((index, row) => {
        const { target } = requests[index]!;
        results[index] = Float32Array.from(target, (id, t) => {
          const logits = output.logits(row, target.length - 1 - t);
          return logits[id]! - logSumExp(logits);
        });
      });
      release(output.past);
    }
  } finally {
    release(tiled?.past ?? null);
    release(prefix);
  }
  return results;
}

/** Tokens that all sequences begin with, not counting those whose logits are wanted; 0 if not worth a run. */
function sharedLength(
  requests: readonly ScoringRequest[],
  sequences: readonly (readonly number[])[],
): number {
  if (requests.length < 2) return 0;
  const [first] = sequences;
  let shared = Math.min(...requests.map(({ prompt }) => prompt.length - 1));
  for (const sequence of sequences) {
    let length = 0;
    while (length < shared && sequence[length] === first![length]) length++;
    shared = length;
  }
  return shared < minSharedLength ? 0 : shared;
}

/** Indices of the requests of each run, grouped by similar length. */
function batches(
  { mayBatch, tokensPerRun, engine }: Host,
  requests: readonly ScoringRequest[],
  sequences: readonly (readonly number[])[],
  shared: number,
): number[][] {
  const tail = (index: number) => sequences[index]!.length - shared;
  const order = [...requests.keys()].sort((a, b) => tail(a) - tail(b) || a - b);
  const result: number[][] = [];
  let current: number[] = [];
  let longestTarget = 0;
  for (const index of order) {
    const rows = current.length + 1;
    const target = Math.max(longestTarget, requests[index]!.target.length);
    const full =
      !mayBatch || rows * tail(index) > tokensPerRun || rows * target * engine.vocabSize > logitsPerRun;
    if (current.length > 0 && full) {
      result.push(current);
      current = [];
      longestTarget = 0;
    }
    current.push(index);
    longestTarget = Math.max(longestTarget, requests[index]!.target.length);
  }
  if (current.length > 0) result.push(current);
  return result;
}
