/** @file Opens a model folder in memory as bare forward passes. */
import { AutoModelForCausalLM } from '@huggingface/transformers';
import { openFolder } from '../../../src/models/files.ts';
import { createEngine, type Engine } from '../../../src/models/runtimes/transformers/engine.ts';
import { configure, withFolder } from '../../../src/models/runtimes/transformers/environment.ts';
import { serve, tinyEntry, tinySite, type Files } from '../tiny-model.ts';

export async function loadEngine(files: Files, vocabSize: number): Promise<Engine> {
  configure(1);
  const folder = openFolder(tinyEntry.source, { baseUrl: tinySite, fetch: serve(files) });
  const model = await withFolder(folder, {}, (name) =>
    AutoModelForCausalLM.from_pretrained(name, {
      device: 'cpu',
      dtype: 'fp32',
      session_options: { intraOpNumThreads: 1 },
    }),
  );
  return createEngine('tiny', model, vocabSize);
}
