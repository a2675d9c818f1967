/** Rows alone and together, padded on the left (docs/decisions/0001). */
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../src/core/random.ts';
import { openSession, type Host } from '../../../src/models/runtimes/transformers/session.ts';
import { loadEngine } from '../onnx/load-engine.ts';
import { tinyConfig, tinyFolder, tinyWeights } from '../tiny-model.ts';

async function hostOf(heads: { heads: number; kvHeads: number; headDim: number }): Promise<Host> {
  const config = { ...tinyConfig, ...heads, maxPositions: 512 };
  const { vocabSize, maxPositions: contextWindow } = config;
  const engine = await loadEngine(tinyFolder(config, tinyWeights(config)), vocabSize);
  return { engine, limits: { id: 'tiny', vocabSize, contextWindow }, mayBatch: true, tokensPerRun: 4096 };
}

const prompts = (lengths: readonly number[]) =>
  lengths.map((length, row) => {
    const random = createRandom(`row ${row}`);
    return Array.from({ length }, () => random.integer(tinyConfig.vocabSize));
  });

/** Logits of every row at each of five steps. Rows not `kept` leave after the second. */
async function decode(host: Host, rows: readonly number[], all: readonly number[][], kept = rows) {
  const seen = new Map<number, Float32Array[]>(rows.map((row) => [row, []]));
  const session = await openSession(
    host,
    rows.map((row) => all[row]!),
  );
  let open = rows;
  const note = () => open.forEach((row, i) => seen.get(row)!.push(session.logits(i).slice()));
  note();
  for (let step = 0; step < 4; step++) {
    if (step === 2) {
      await session.keep(kept.map((row) => open.indexOf(row)));
      open = kept;
    }
    await session.advance(open.map((row) => 7 * row + 3 * step));
    note();
  }
  await session.close();
  return seen;
}

/** What each of some groups gives, beside what its rows give alone. */
async function compare(
  host: Host,
  lengths: readonly number[],
  expectSame: (logits: Float32Array, alone: Float32Array) => void,
): Promise<void> {
  const all = prompts(lengths);
  const alone = new Map<number, Float32Array[]>();
  for (const row of all.keys()) alone.set(row, (await decode(host, [row], all)).get(row)!);
  const everyone = [...all.keys()];
  for (const seen of [
    await decode(host, [0, 1], all),
    await decode(host, everyone, all),
    await decode(host, everyone, all, [3, 1]),
    await decode(host, everyone, all, [2]),
  ])
    for (const [row, steps] of seen)
      steps.forEach((logits, step) => expectSame(logits, alone.get(row)![step]!));
}

describe('a row has the same logits alone, among 2 and among 7 rows', () => {
  const same = (logits: Float32Array, alone: Float32Array) => expect(logits).toEqual(alone);
  test('to the last bit with narrow heads, in contexts of hundreds of tokens', async () => {
    await compare(await hostOf({ heads: 4, kvHeads: 2, headDim: 8 }), [140, 9, 300, 131, 64, 200, 127], same);
  });
  test('to the last bit with heads of 128, in contexts of 128 tokens', async () => {
    await compare(await hostOf({ heads: 2, kvHeads: 1, headDim: 128 }), [90, 9, 124, 31, 64, 7, 100], same);
  });
  test('but for rounding with heads of 128 in longer contexts, which are added up in blocks', async () => {
    const close = (logits: Float32Array, alone: Float32Array) =>
      expect(Math.max(...logits.map((value, i) => Math.abs(value - alone[i]!)))).toBeLessThan(1e-3);
    await compare(
      await hostOf({ heads: 2, kvHeads: 1, headDim: 128 }),
      [140, 9, 300, 131, 64, 200, 127],
      close,
    );
  });
});
