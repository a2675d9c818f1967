/** @file The tests that every real model passes: ids, logits and greedy texts are those of PyTorch. */
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { folderWriter } from '../../scripts/cli/models/folder-writer.ts';
import { asBlobs, sourceFiles } from '../../scripts/cli/models/source-files.ts';
import { user } from '../../src/core/chat.ts';
import { importCheckpoint } from '../../src/models/import/import-checkpoint.ts';
import { openCheckpoint } from '../../src/models/import/open-checkpoint.ts';
import type { ScoringModel } from '../../src/models/language-model.ts';
import { largestGap, loadReal, realModelState } from './real-model.ts';
import { readReferences, type Logits, type Reference } from './references.ts';

/** Logits are compared to this. The reference is rounded to 1e-4. */
const tolerance = 1e-3;

const runtimes = ['transformers', 'whitebox'] as const;

export interface ParityOptions {
  /**
   * How many prompts are read, and how many of their greedy texts are written, in `npm test`. With `--all`, all are, in
   * each runtime; so is the float32 import.
   */
  readonly inEveryRun: Readonly<
    Partial<Record<(typeof runtimes)[number], { readonly logits: number; readonly texts: number }>>
  >;
}

export function checkParity(id: string, { inEveryRun }: ParityOptions): void {
  const state = realModelState(id);
  describe.skipIf(state === null)(id, () => {
    const { prompts, maxNewTokens, sampleIds } = readReferences(id);
    const thorough = inject('thorough');
    /** Largest difference of the logits behind any of the prompts, and where greedy decoding goes from there. */
    async function answersOf(
      model: ScoringModel,
      asked: readonly Reference[],
      tokens: number,
      wanted: Wanted,
    ) {
      const session = await model.open(asked.map(({ ids }) => ids));
      const gaps = asked.map((reference, row) =>
        largestGap(session.logits(row), wanted(reference), sampleIds),
      );
      const outputs = await greedy(session, model.tokenizer.endIds, asked.length, tokens);
      return { gap: Math.max(...gaps), outputs };
    }

    const chosen = thorough ? runtimes : runtimes.filter((runtime) => inEveryRun[runtime]);
    describe.each(chosen)('in the %s runtime', (runtime) => {
      const { logits, texts } = (!thorough && inEveryRun[runtime]) || {
        logits: prompts.length,
        texts: prompts.length,
      };
      let model: ScoringModel;
      beforeAll(async () => {
        model = await loadReal(id, runtime, state!.folder);
      });

      test('splits text into the ids of the reference', () => {
        for (const { prompt, ids } of prompts) expect(model.tokenizer.prompt([user(prompt)])).toEqual(ids);
      });

      test(`gives the logits of the weights as they are stored behind ${logits} prompts`, async ({
        annotate,
      }) => {
        const { gap } = await answersOf(model, prompts.slice(0, logits), 0, ({ half }) => half);
        await annotate(`largest difference ${gap.toExponential(1)}`);
        expect(gap).toBeLessThan(tolerance);
      });

      test(`writes the greedy texts, ${texts} of them`, async () => {
        const asked = prompts.slice(0, texts);
        const { outputs } = await answersOf(model, asked, maxNewTokens, ({ half }) => half);
        expect(outputs).toEqual(asked.map(({ output }) => output));
      });
    });

    describe.runIf(thorough)('imported in float32', () => {
      let folder: string;
      beforeAll(async () => {
        folder = mkdtempSync(join(tmpdir(), 'glovebox-real-'));
        const checkpoint = await openCheckpoint(await asBlobs(sourceFiles(state!.file)));
        const options = { id, origin: state!.file, dtype: 'F32', now: () => new Date() } as const;
        await importCheckpoint(checkpoint, folderWriter(join(folder, 'model')), options);
      });
      afterAll(() => rmSync(folder, { recursive: true }));

      test('gives the logits of the weights as the file has them', async ({ annotate }) => {
        const model = await loadReal(id, 'transformers', join(folder, 'model'));
        const { gap } = await answersOf(model, prompts, 0, ({ float32 }) => float32);
        await annotate(`largest difference ${gap.toExponential(1)}`);
        expect(gap).toBeLessThan(tolerance);
      });
    });
  });
}

type Wanted = (reference: Reference) => Logits;
type Session = Awaited<ReturnType<ScoringModel['open']>>;

/** The likeliest next token of each row, again and again, until it ends the text. */
async function greedy(
  session: Session,
  ends: ReadonlySet<number>,
  rows: number,
  maxNewTokens: number,
): Promise<readonly (readonly number[])[]> {
  const outputs = Array.from({ length: rows }, (): number[] => []);
  let open = outputs;
  for (let step = 0; step < maxNewTokens && open.length > 0; step++) {
    const next = open.map((_, row) => largestAt(session.logits(row)));
    const going = [...open.keys()].filter((row) => !ends.has(next[row]!));
    for (const row of going) open[row]!.push(next[row]!);
    open = going.map((row) => open[row]!);
    if (open.length === 0 || step + 1 === maxNewTokens) break;
    if (going.length < next.length) await session.keep(going);
    await session.advance(going.map((row) => next[row]!));
  }
  await session.close();
  return outputs;
}

function largestAt(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}
