/** @file Milliseconds until a model is ready, its files in the browser's cache, and until it is ready for gradients too. */
import type { ModelEntry } from '../../src/models/catalog.ts';
import { loadTransformersModel } from '../../src/models/runtimes/transformers/index.ts';
import { loadWhiteBoxModel } from '../../src/models/runtimes/whitebox/index.ts';
import { timed } from '../median.ts';
import type { Subject } from '../subject.ts';

const subject = (load: () => Promise<unknown>): Subject => ({
  about: 'files on this machine',
  round: () => timed(load),
  close: async () => undefined,
});

export const generationLoad = async (entry: ModelEntry, device: 'wasm' | 'webgpu'): Promise<Subject> =>
  subject(() => loadTransformersModel(entry, { device }));

export const whiteBoxLoad = async (entry: ModelEntry, device: 'wasm' | 'webgpu'): Promise<Subject> => {
  let loaded: Awaited<ReturnType<typeof loadWhiteBoxModel>> | null = null;
  return subject(async () => {
    loaded?.dispose();
    loaded = await loadWhiteBoxModel(entry, { device });
  });
};
