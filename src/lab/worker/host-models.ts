/** @file The models of a worker: each loaded once, for the worker's device, from wherever it is kept. */
import type { ModelEntry } from '../../models/catalog.ts';
import type { FileProgress } from '../../models/files.ts';
import type { LanguageModel } from '../../models/language-model.ts';
import type { ClassifierOptions, LoadOptions as LoaderOptions } from '../../models/load.ts';
import type { ChosenPrecision, PrecisionWish } from '../../models/precision.ts';
import type { TextClassifier } from '../../models/text-classifier.ts';
import type { ModelStore } from '../models/model-store.ts';
import type { DeviceInfo } from '../records/run.ts';
import { createModelPool, type LoadListener, type LoadModel, type ModelPool } from '../run/model-pool.ts';
import { storeOf } from './model-calls.ts';

export interface HostModelsOptions {
  readonly loadModel: (entry: ModelEntry, options: LoaderOptions) => Promise<LanguageModel>;
  /** Default: no classifier can be loaded. */
  readonly loadClassifier?:
    | ((entry: ModelEntry, options: ClassifierOptions) => Promise<TextClassifier>)
    | undefined;
  readonly device: DeviceInfo | Promise<DeviceInfo>;
  /** Of imported models. Default: there are none. */
  readonly modelStore?: ModelStore | undefined;
  /** Loads models that are behind a server; `null`: none is connected. */
  readonly endpoint?: () => LoadModel | null;
  /** Whether other workers compute at the same time. Default: none do. */
  readonly sharesCores?: () => boolean;
}

export interface HostModels {
  readonly pool: ModelPool;
  /** In which precision each loaded model computes, by id. */
  readonly computing: Map<string, ChosenPrecision>;
  usePrecision(wish: PrecisionWish): void;
}

/** Bytes from which a second copy of a model's weights costs more than it saves. */
const largeModel = 2 ** 26;

export function createHostModels({
  loadModel,
  loadClassifier,
  device,
  modelStore,
  endpoint = () => null,
  sharesCores = () => false,
}: HostModelsOptions): HostModels {
  let wish: PrecisionWish = 'auto';
  const computing = new Map<string, ChosenPrecision>();
  const loaderOptions = async (entry: ModelEntry, { onProgress, signal }: LoadListener) => ({
    device: (await device).kind,
    precision: wish,
    signal,
    onProgress: (progress: FileProgress) => onProgress?.({ model: entry.id, ...progress }),
  });
  /** @throws as `ModelStore.use` for an imported model */
  const usable = async (entry: ModelEntry, { signal }: LoadListener): Promise<ModelEntry> => {
    for (const source of [entry.source, entry.adapter?.base])
      if (source?.kind === 'stored') await storeOf(modelStore).use(source.folder, signal);
    return entry;
  };
  /** A model may be loaded for gradients too; how it answers is what counts. */
  const noted = (model: LanguageModel): LanguageModel => {
    if (model.computes && !(model.access === 'white-box' && computing.has(model.id)))
      computing.set(model.id, model.computes);
    return model;
  };
  const pool = createModelPool(
    async (entry, options) => {
      const behindServer = entry.source.kind === 'endpoint' ? endpoint() : null;
      if (behindServer) return behindServer(entry, options);
      const loading = {
        ...(await loaderOptions(entry, options)),
        access: options.access,
        sharesCores: sharesCores(),
      };
      return noted(await loadModel(await usable(entry, options), loading));
    },
    loadClassifier &&
      (async (entry, options) =>
        loadClassifier(await usable(entry, options), await loaderOptions(entry, options))),
    // The processor computes everything in single precision, so that nothing is lost but some speed of decoding.
    async ({ bytes }) => (await device).kind === 'wasm' && (bytes ?? 0) > largeModel,
  );
  return {
    pool,
    computing,
    usePrecision(wanted) {
      wish = wanted;
    },
  };
}
