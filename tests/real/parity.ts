/** @file The tests that every real model passes: ids, logits and greedy texts are those of PyTorch. */
import '../../src/models/runtimes/whitebox/node.ts';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { folderWriter } from '../../scripts/cli/models/folder-writer.ts';
import { asBlobs, sourceFiles } from '../../scripts/cli/models/source-files.ts';
import type { LocalServer } from '../../scripts/serve.ts';
import { importCheckpoint } from '../../src/models/import/import-checkpoint.ts';
import { openCheckpoint } from '../../src/models/import/open-checkpoint.ts';
import type { ScoringModel } from '../../src/models/language-model.ts';
import { largestGap, loadReal, realModelState, serveReal } from './real-model.ts';
import { readReferences, type Logits, type Reference } from './references.ts';

/** Logits are compared to this. The reference is rounded to 1e-4. */
const tolerance = 1e-3;

export interface ParityOptions {
  /** Ids of a prompt, by the model's own tokenizer. */
  readonly idsOf: (model: ScoringModel, prompt: string) => readonly number[];
  /** Tokens that end an answer. */
  readonly ends: readonly number[];
  /** How many greedy texts are compared in the white-box runtime, which is slow in Node. */
  readonly whiteBoxTexts: number;
}

export function checkParity(id: string, { idsOf, ends, whiteBoxTexts }: ParityOptions): void {
  const state = realModelState(id);
  describe.skipIf(state === null)(id, () => {
    const { prompts, sampleIds, maxNewTokens } = readReferences(id);
    let site: LocalServer;
    beforeAll(async () => {
      site = await serveReal(state!.folder);
    });
    afterAll(() => site.close());

    /** Largest difference of the logits behind any of the prompts. */
    async function gapOf(model: ScoringModel, logitsOf: (reference: Reference) => Logits): Promise<number> {
      const gaps: number[] = [];
      for (const reference of prompts) {
        const session = await model.open([reference.ids]);
        gaps.push(largestGap(session.logits(0), logitsOf(reference), sampleIds));
        await session.close();
      }
      return Math.max(...gaps);
    }

    describe.each(['transformers', 'whitebox'] as const)('in the %s runtime', (runtime) => {
      let model: ScoringModel;
      beforeAll(async () => {
        model = await loadReal(id, runtime, site);
      });

      test('splits text into the ids of the reference', () => {
        for (const { prompt, ids } of prompts) expect(idsOf(model, prompt)).toEqual(ids);
      });

      test('gives the logits of the weights as they are stored', async ({ annotate }) => {
        const gap = await gapOf(model, ({ half }) => half);
        await annotate(`largest difference ${gap.toExponential(1)}`);
        expect(gap).toBeLessThan(tolerance);
      });

      const texts = runtime === 'transformers' || inject('thorough') ? prompts.length : whiteBoxTexts;
      test(`writes the greedy texts, ${texts} of them`, async () => {
        for (const reference of prompts.slice(0, texts))
          expect(await greedy(model, reference, maxNewTokens, ends), reference.prompt).toEqual(
            reference.output,
          );
      });
    });

    describe.runIf(inject('thorough'))('imported in float32', () => {
      let folder: string;
      let exact: LocalServer;
      beforeAll(async () => {
        folder = mkdtempSync(join(tmpdir(), 'glovebox-real-'));
        const checkpoint = await openCheckpoint(await asBlobs(sourceFiles(state!.file)));
        const options = { id, origin: state!.file, dtype: 'F32', now: () => new Date() } as const;
        await importCheckpoint(checkpoint, folderWriter(join(folder, 'model')), options);
        exact = await serveReal(join(folder, 'model'));
      });
      afterAll(async () => {
        await exact.close();
        rmSync(folder, { recursive: true });
      });

      test('gives the logits of the weights as the file has them', async ({ annotate }) => {
        const gap = await gapOf(await loadReal(id, 'transformers', exact), ({ float32 }) => float32);
        await annotate(`largest difference ${gap.toExponential(1)}`);
        expect(gap).toBeLessThan(tolerance);
      });
    });
  });
}

/** The likeliest next token, again and again. */
async function greedy(
  model: ScoringModel,
  { ids }: Reference,
  maxNewTokens: number,
  ends: readonly number[],
): Promise<number[]> {
  const session = await model.open([ids]);
  const output: number[] = [];
  while (output.length < maxNewTokens) {
    const next = largestAt(session.logits(0));
    if (ends.includes(next)) break;
    output.push(next);
    if (output.length < maxNewTokens) await session.advance([next]);
  }
  await session.close();
  return output;
}

function largestAt(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}
