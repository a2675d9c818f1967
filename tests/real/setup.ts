/** @file Fetches and imports the real models before their tests, or says in a sentence why these are skipped. */
import type { TestProject } from 'vitest/node';
import { addModel } from '../../scripts/cli/models/add.ts';
import { folderOf } from '../../scripts/cli/models/cache.ts';
import { fetchRealModel, ModelUnavailable } from '../../scripts/fetch-real-model.ts';
import { realModels, type RealModel } from '../../scripts/real-models.ts';

/** The file of a model and the folder of its stored form, with weights in half precision, or why there are none. */
export type RealModelState =
  | { readonly file: string; readonly folder: string }
  | { readonly missing: string };

declare module 'vitest' {
  interface ProvidedContext {
    realModels: Readonly<Record<string, RealModelState>>;
    /** Test everything, in place of what fits into `npm test`. */
    thorough: boolean;
  }
}

async function prepare(model: RealModel): Promise<RealModelState> {
  if (model.terms !== undefined) console.warn(model.terms);
  try {
    const file = await fetchRealModel(model);
    return { file, folder: folderOf(await addModel(file)) };
  } catch (error) {
    if (!(error instanceof ModelUnavailable)) throw error;
    console.warn(`The tests on ${model.title} are skipped. ${error.message}`);
    return { missing: error.message };
  }
}

export default async function setup({ provide }: TestProject): Promise<void> {
  const thorough = process.env['GLOVEBOX_REAL'] === 'all';
  const states: Record<string, RealModelState> = {};
  for (const model of realModels) states[model.id] = await prepare(model);
  provide('realModels', states);
  provide('thorough', thorough);
}
