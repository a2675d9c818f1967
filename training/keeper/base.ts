/** @file The model that the keeper stands on. */
import { addModel } from '../../scripts/cli/models/add.ts';
import { folderOf } from '../../scripts/cli/models/cache.ts';
import { fetchRealModel } from '../../scripts/fetch-real-model.ts';
import { realModels } from '../../scripts/real-models.ts';
import { serve } from '../../scripts/serve.ts';
import type { ModelEntry, ModelSource, Runtime } from '../../src/models/catalog.ts';
import type { ScoringModel, WhiteBoxModel } from '../../src/models/language-model.ts';
import { loadModel } from '../../src/models/load.ts';

const model = realModels.find(({ id }) => id === 'smollm2')!;
export const base = { id: 'smollm2', name: 'HuggingFaceTB/SmolLM2-135M-Instruct' };

const baseFolder = async (): Promise<string> => folderOf(await addModel(await fetchRealModel(model)));

const entry = (runtime: Runtime, adapter?: ModelEntry['adapter'], source?: ModelSource): ModelEntry => ({
  ...{ id: base.id, title: model.title, summary: '', license: model.license, bytes: null },
  ...{ source: source ?? { kind: 'url', base: './' }, task: 'text-generation', runtimes: [runtime] },
  access: runtime === 'whitebox' ? 'white-box' : 'grey-box',
  needs: { webgpu: false, f16: false },
  ...(adapter && { adapter }),
});

export async function loadBase(runtime: 'transformers' | 'whitebox'): Promise<WhiteBoxModel> {
  const site = await serve({ folder: await baseFolder(), port: 0, headers: false });
  try {
    const options = { device: 'wasm', access: 'grey-box', baseUrl: site.url } as const;
    return (await loadModel(entry(runtime), options)) as WhiteBoxModel;
  } finally {
    await site.close();
  }
}

/** The base with the adapter in a folder. */
export async function loadKeeper(
  folder: string,
  runtime: 'transformers' | 'whitebox' = 'transformers',
): Promise<ScoringModel> {
  const sites = [
    await serve({ folder: await baseFolder(), port: 0, headers: false }),
    await serve({ folder, port: 0, headers: false }),
  ];
  const [own, adapter] = sites.map(({ url }) => ({ kind: 'url', base: url }) as const);
  try {
    const options = { device: 'wasm', access: 'grey-box', baseUrl: sites[0]!.url } as const;
    return (await loadModel(entry(runtime, { base: own! }, adapter), options)) as ScoringModel;
  } finally {
    await Promise.all(sites.map((site) => site.close()));
  }
}
