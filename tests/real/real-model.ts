/** @file Loads the real models for their tests, and compares logits. */
import { inject } from 'vitest';
import { serve, type LocalServer } from '../../scripts/serve.ts';
import { isScoring, type ScoringModel } from '../../src/models/language-model.ts';
import { loadModel } from '../../src/models/load.ts';
import type { Logits } from './references.ts';
import type { RealModelState } from './setup.ts';
import type { ModelEntry, Runtime } from '../../src/models/catalog.ts';

/** Where the model is; `null` where it could not be had, for a reason that the setup printed. */
export function realModelState(id: string): Extract<RealModelState, { folder: string }> | null {
  const state = inject('realModels')[id];
  return state && 'folder' in state ? state : null;
}

export const serveReal = (folder: string): Promise<LocalServer> => serve({ folder, port: 0, headers: false });

export const realEntry = (id: string, runtimes: readonly Runtime[]): ModelEntry => ({
  id,
  title: id,
  summary: 'A real model.',
  source: { kind: 'url', base: './' },
  task: 'text-generation',
  runtimes,
  access: runtimes.includes('whitebox') ? 'white-box' : 'grey-box',
  bytes: null,
  license: 'unknown',
  needs: { webgpu: false, f16: false },
});

export async function loadReal(id: string, runtime: Runtime, { url }: LocalServer): Promise<ScoringModel> {
  const options = { device: 'wasm', access: 'grey-box', baseUrl: url } as const;
  const model = await loadModel(realEntry(id, [runtime]), options);
  if (isScoring(model)) return model;
  throw new Error(`${id} has no logits.`);
}

/** Largest difference between logits of our runtime and those of the reference. */
export function largestGap(
  logits: ArrayLike<number>,
  { top, sample }: Logits,
  sampleIds: readonly number[],
): number {
  const expected = [...top, ...sampleIds.map((id, i) => [id, sample[i]!] as const)];
  return Math.max(...expected.map(([id, value]) => Math.abs(logits[id]! - value)));
}
