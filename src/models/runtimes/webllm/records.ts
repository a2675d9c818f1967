/** @file Which models web-llm can run: its own list, a hub repository on that list, or a folder at a URL. */
import type { ModelRecord } from '@mlc-ai/web-llm';
import { LabError } from '../../../core/errors.ts';
import type { ModelEntry } from '../../catalog.ts';
import { knownModels } from '../../catalogue/known-models.ts';
import { webLlmId } from '../../catalogue/offers.ts';
import { openFolder, rootUrl } from '../../files.ts';
import { hubFolder, libraryAddress, libraryPath, repositoriesOf } from '../../hub/addresses.ts';
import { importEngine, type EnginePackage } from './engine.ts';
import { needsF16 } from './preflight.ts';

/** File name of the compiled library in a folder loaded by URL. */
export const libraryFile = 'model-webgpu.wasm';

/**
 * @param baseUrl where relative addresses start; default as for any model folder
 * @throws LabError 'unknown-model' if web-llm has no compiled library for the model
 */
export function recordFor(
  { id, source, needs }: ModelEntry,
  models: readonly ModelRecord[],
  baseUrl: string | undefined,
): ModelRecord {
  const listed = (record: ModelRecord | undefined, name: string): ModelRecord => {
    if (record) return record;
    throw new LabError('unknown-model', `web-llm has no compiled library for "${name}".`, {
      advice: 'Pick a model of web-llm’s own list, or run this one on the transformers runtime.',
    });
  };
  /** The same record with addresses of this site in place of the hub's. */
  const onSite = (record: ModelRecord): ModelRecord => {
    const library = libraryPath(record.model_lib);
    const address = (path: string) => new URL(path, rootUrl(baseUrl)).href;
    return {
      ...record,
      model: asItStands(address(hubFolder(repositoriesOf(source)[0]!))),
      model_lib: library === null ? record.model_lib : address(libraryAddress(library)),
    };
  };
  switch (source.kind) {
    case 'webllm':
      return onSite(
        listed(
          models.find(({ model_id }) => model_id === source.modelId),
          source.modelId,
        ),
      );
    case 'hub':
      return onSite(
        listed(
          models.find(({ model }) => model === `https://huggingface.co/${source.repo}`),
          source.repo,
        ),
      );
    case 'endpoint':
    case 'url':
    case 'stored':
    case 'bundled': {
      const folder = openFolder(source, { baseUrl }).url;
      return {
        model_id: id,
        model: asItStands(folder),
        model_lib: new URL(libraryFile, folder).href,
        required_features: needs.f16 ? ['shader-f16'] : [],
      };
    }
    default:
      return source satisfies never;
  }
}

/**
 * web-llm appends `resolve/main/` to an address without a branch. This one satisfies its test, and the URL parser
 * then takes the two segments away again, so the folder is used as it stands.
 */
const asItStands = (folder: string) => (/.+\/resolve\/.+\//.test(folder) ? folder : `${folder}resolve/../`);

/** Catalogue entries of the builds that the installed package lists; those it no longer lists are left out. */
export async function webllmEntries(
  load: () => Promise<Pick<EnginePackage, 'prebuiltAppConfig'>> = importEngine,
): Promise<readonly ModelEntry[]> {
  const { prebuiltAppConfig } = await load();
  return knownModels.flatMap(({ title, summary, license, builds }) =>
    builds.flatMap((build): ModelEntry[] => {
      const modelId = webLlmId(build);
      const record = prebuiltAppConfig.model_list.find(({ model_id }) => model_id === modelId);
      const library = record && libraryPath(record.model_lib);
      if (build.format !== 'webllm' || !record || !library) return [];
      return [
        {
          id: modelId,
          title: `${title} (${build.precision})`,
          summary,
          source: { kind: 'webllm', modelId, library },
          task: 'text-generation',
          runtimes: ['webllm'],
          access: 'grey-box',
          bytes: null,
          license,
          needs: { webgpu: true, f16: needsF16(record) },
        },
      ];
    }),
  );
}
