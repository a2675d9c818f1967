/** @file Loads the real models for their tests, and compares logits. */
import { inject } from 'vitest';
import { serve } from '../../scripts/serve.ts';
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

const loads = new Map<string, Promise<ScoringModel>>();

/** The model in `folder`, loaded once for all files of tests, which share a process. */
export function loadReal(id: string, runtime: 'transformers' | 'whitebox', folder: string) {
  const key = `${runtime} ${folder}`;
  const model = loads.get(key) ?? loadFrom(realEntry(id, [runtime]), folder);
  loads.set(key, model);
  return model;
}

async function loadFrom(entry: ModelEntry, folder: string): Promise<ScoringModel> {
  const site = await serve({ folder, port: 0, headers: false });
  try {
    const model = await loadModel(entry, { device: 'wasm', access: 'grey-box', baseUrl: site.url });
    if (isScoring(model)) return model;
    throw new Error(`${entry.id} has no logits.`);
  } finally {
    await site.close();
  }
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
