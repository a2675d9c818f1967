/** @file Loads a model of web-llm's list, or of an address, into an engine of its own, whose logits are seen. */
import type { InitProgressReport, ModelRecord } from '@mlc-ai/web-llm';
import { LabError } from '../../../core/errors.ts';
import type { FileProgress, FolderOptions } from '../../files.ts';
import type { Shard } from './config.ts';
import { createRecorder, importEngine, inertSampling, type Engine, type EnginePackage } from './engine.ts';
import { explain } from './errors.ts';
import { listenForFatal } from './fatal-log.ts';
import { modelFiles, type FileCaches } from './files.ts';
import { createWebLlmModel, type WebLlmModel } from './model.ts';
import { checkDevice, checkRoom, isF16, needsF16, type Gpu } from './preflight.ts';
import { findRollback } from './rollback.ts';
import { rollbackWorks, selfTest } from './self-test.ts';
import { createSequence } from './sequence.ts';
import { mlcTokenizer } from './tokenizer.ts';

/** The engine and browser APIs that loading uses; tests pass their own. */
export interface BrowserApis {
  importEngine(): Promise<EnginePackage>;
  readonly gpu: Gpu | undefined;
  readonly storage: Pick<StorageManager, 'estimate'> | undefined;
  readonly caches: FileCaches | undefined;
}

export const browserApis = (): BrowserApis => ({
  importEngine,
  gpu: navigator.gpu,
  storage: navigator.storage,
  caches: globalThis.caches,
});

/**
 * Cancelling during the download leaves nothing behind but finished files. After that the load cannot be
 * stopped: it fails with code 'aborted' at once, and only ending the worker stops it and frees its memory.
 * @param id names the model in messages
 * @param choose finds the record in web-llm's list, or makes one
 * @throws LabError with one of 'no-webgpu', 'not-supported', 'unknown-model', 'unreachable', 'bad-model',
 *   'quota-exceeded', 'storage-unavailable', 'out-of-memory', 'device-lost', 'aborted'
 * @throws the signal's reason if it aborts before or during the download
 */
export async function loadRecord(
  id: string,
  choose: (models: readonly ModelRecord[]) => ModelRecord,
  options: FolderOptions = {},
  apis: BrowserApis = browserApis(),
): Promise<WebLlmModel> {
  const { signal, onProgress } = options;
  signal?.throwIfAborted();
  const fatal = listenForFatal();
  try {
    const { createEngine, prebuiltAppConfig } = await apis.importEngine();
    const record = choose(prebuiltAppConfig.model_list);
    await checkDevice(record, apis.gpu);
    const files = modelFiles(record, apis.caches, options);
    const description = await files.describe();
    const tokenizer = mlcTokenizer(description);
    // A folder loaded by URL says only here what it computes in.
    if (isF16(description.config.quantization) && !needsF16(record))
      await checkDevice({ ...record, required_features: ['shader-f16'] }, apis.gpu);
    await checkRoom(record.model_id, await files.missingBytes(description.shards), apis.storage);
    await files.download(description.shards);

    const modelId = record.model_id;
    const recorder = createRecorder();
    const engine = createEngine({
      appConfig: { model_list: [record], cacheBackend: 'cache' },
      logitProcessorRegistry: new Map([[modelId, recorder]]),
      logLevel: 'ERROR',
      initProgressCallback: (report) => onProgress?.(deviceProgress(report, description.shards)),
    });
    await reload(engine, modelId, signal);

    const config = { ...description.config, ...record.overrides };
    const contextWindow =
      config.context_window_size > 0 ? config.context_window_size : config.sliding_window_size;
    const vocabSize = Math.min(config.vocab_size, tokenizer.vocabSize);
    const parts = { phase: 'load', engine, recorder, modelId, vocabSize, contextWindow } as const;
    await selfTest(createSequence({ ...parts, rollback: null }), modelId, config.vocab_size);
    const rollback = findRollback(engine, modelId);
    const checkedRollback =
      rollback && (await rollbackWorks(createSequence({ ...parts, rollback }))) ? rollback : null;
    return createWebLlmModel(
      id,
      tokenizer,
      createSequence({ ...parts, phase: 'run', rollback: checkedRollback }),
      contextWindow,
    );
  } catch (error) {
    throw explain(error, { modelId: id, phase: 'load', log: fatal.lines });
  } finally {
    fatal.stop();
  }
}

/** Progress after the download, which has no bytes of its own: its fraction is reported in bytes of the weights. */
function deviceProgress({ progress, text }: InitProgressReport, shards: readonly Shard[]): FileProgress {
  const totalBytes = shards.reduce((sum, { nbytes }) => sum + nbytes, 0);
  return {
    file: /shader/i.test(text) ? 'programs for the GPU' : 'weights to the GPU',
    loadedBytes: Math.round(progress * totalBytes),
    totalBytes,
  };
}

/** `reload`, which rejects at once on abort although the engine continues; the model is unloaded when it is done. */
async function reload(engine: Engine, modelId: string, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  const loading = engine.reload(modelId, inertSampling);
  if (!signal) return loading;
  await new Promise<void>((resolve, reject) => {
    const onAbort = () => {
      loading.then(() => engine.unload()).catch(() => undefined);
      reject(
        new LabError('aborted', `The load of ${modelId} was cancelled, but web-llm cannot stop it.`, {
          advice: 'End this worker to stop it and to give its memory back.',
        }),
      );
    };
    signal.addEventListener('abort', onAbort, { once: true });
    void loading.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
