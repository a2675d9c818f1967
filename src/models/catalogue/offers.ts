/** @file What this app can do with each build of a known model: load it, take it as a file, or nothing, and why. Pure. */
import type { Access } from '../../core/method.ts';
import type { ModelEntry, Runtime } from '../catalog.ts';
import { hubNameText, readHubName, type HubName } from '../hub/name.ts';
import { supportedTypes } from '../llama.ts';
import type { KnownBuild, KnownModel } from './known-model.ts';

export interface BuildOffer {
  readonly build: KnownBuild;
  /** Id by which plans, the page and the command line load it; `null` if they cannot. */
  readonly entryId: string | null;
  readonly access: Access | null;
  readonly needs: ModelEntry['needs'];
  /** True if the user can download the files by other means and bring them. */
  readonly canBeBrought: boolean;
  /** Why it cannot be loaded as it stands, as a sentence; `null` if it can. */
  readonly reason: string | null;
}

/** The name that web-llm's list gives to a build. */
export const webLlmId = ({ repo }: Pick<KnownBuild, 'repo'>): string => repo.slice(repo.indexOf('/') + 1);

const isRead = (architecture: string) => supportedTypes.some((type) => type === architecture);
const none = { webgpu: false, f16: false } as const;
const refused = (build: KnownBuild, reason: string, canBeBrought = false): BuildOffer => ({
  build,
  entryId: null,
  access: null,
  needs: none,
  canBeBrought,
  reason,
});

export function offerOf(model: KnownModel, build: KnownBuild): BuildOffer {
  const loaded = (access: Access, entryId: string, needs: ModelEntry['needs'] = none): BuildOffer => ({
    build,
    entryId,
    access,
    needs,
    canBeBrought: false,
    reason: null,
  });
  switch (build.format) {
    case 'webllm':
      return loaded('grey-box', webLlmId(build), {
        webgpu: true,
        f16: build.precision === 'q4f16' || build.precision === 'f16',
      });
    case 'onnx':
      return loaded(model.kind === 'classifier' ? 'black-box' : 'grey-box', build.repo);
    case 'safetensors':
    case 'gguf':
      if (model.kind === 'classifier')
        return refused(build, 'Classifiers run from ONNX files, and this build has none.');
      if (!isRead(model.architecture))
        return refused(
          build,
          `Its architecture, ${model.architecture}, is not among those read from ${build.format} files: ${supportedTypes.join(', ')}.`,
        );
      if (model.gated)
        return refused(
          build,
          'The hub gives it only to accounts that accepted its licence: download it there, and bring the files.',
          true,
        );
      if (build.format === 'safetensors') return loaded('white-box', build.repo);
      return build.files
        ? loaded('white-box', hubNameText({ repo: build.repo, file: build.files[0]!.path }))
        : refused(build, 'Which of its files it is, is not known: name it, as org/name:file.gguf.');
    default:
      return build.format satisfies never;
  }
}

/**
 * Entries by which models of the catalogue that are on the Hugging Face Hub are loaded: one per repository, and one per
 * GGUF file.
 */
export const hubEntries = (models: readonly KnownModel[]): readonly ModelEntry[] =>
  models.flatMap((model) => {
    const offers = model.builds.map((build) => offerOf(model, build));
    const ids = new Set(offers.flatMap(({ entryId }) => entryId ?? []));
    return [...ids].flatMap((id) => {
      const name = readHubName(id);
      return name
        ? hubEntry(
            model,
            id,
            name,
            offers.filter(({ entryId }) => entryId === id),
          )
        : [];
    });
  });

function hubEntry(
  model: KnownModel,
  id: string,
  { repo, file }: HubName,
  offers: readonly BuildOffer[],
): ModelEntry {
  // Weights that the importer reads are taken before graphs.
  const isImported = offers.some(({ build }) => build.format !== 'onnx');
  const runtimes: readonly Runtime[] = isImported ? ['transformers', 'whitebox'] : ['transformers'];
  const access = isImported ? 'white-box' : offers[0]!.access!;
  const revision = offers.find(({ build }) => build.revision !== null)?.build.revision ?? 'main';
  return {
    id,
    title: model.title,
    summary: model.summary,
    source: { kind: 'hub', repo, revision, ...(file !== null && { file }) },
    task: model.kind === 'classifier' ? 'text-classification' : 'text-generation',
    runtimes,
    access,
    bytes: null,
    license: model.license,
    needs: none,
    ...(model.labels && { labels: model.labels }),
  };
}
