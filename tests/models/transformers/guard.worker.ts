/** @file A worker that holds the tiny guard, as the lab's workers hold theirs. */
import { expose } from 'comlink';
import { loadClassifier, type Device } from '../../../src/models/load.ts';
import { serve, tinyEntry, tinyGuardFolder, tinySite } from '../tiny-model.ts';

const questions = {
  async classify(device: Device, texts: readonly string[]): Promise<Float32Array[]> {
    const fetch = serve(tinyGuardFolder());
    const guard = await loadClassifier(tinyEntry, { device, baseUrl: tinySite, fetch });
    return guard.classify(texts);
  },
};

export type Questions = typeof questions;
expose(questions);
