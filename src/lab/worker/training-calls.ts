/** @file The worker's calls on trainings. */
import { LabError, outcomeOf, type Outcome } from '../../core/errors.ts';
import { openModelFolder } from '../../models/adapted-folder.ts';
import { readLlama, type LlamaReader } from '../../models/llama-reader.ts';
import type { ModelStore } from '../models/model-store.ts';
import { findModel } from '../plan/find-models.ts';
import { parseTrainingPlan } from '../plan/training-plan.ts';
import type { TrainingInfo } from '../records/training.ts';
import { outOfReach, whiteBoxOf, type ModelPool } from '../run/model-pool.ts';
import { isFree } from '../store/locks.ts';
import type { RunStore } from '../store/run-store.ts';
import { estimateTraining } from '../training/estimate.ts';
import type { TrainingFolders } from '../training/kept-folder.ts';
import {
  keepTraining,
  keptPlan,
  noteKept,
  trainedFilesIn,
  trainingEvents,
  trainingInfo,
} from '../training/kept-training.ts';
import { readOwnData } from '../training/own-data.ts';
import { resolveTraining } from '../training/run-training.ts';
import { zipOf } from '../training/zip.ts';
import type { Registries } from '../trials/registries.ts';
import type { LabApi } from './api.ts';
import { inBatches, relay } from './batches.ts';
import { storeOf } from './model-calls.ts';

type TrainingCalls = Pick<
  LabApi,
  | 'train'
  | 'estimateTraining'
  | 'readTrainingData'
  | 'trainings'
  | 'trainingPlan'
  | 'trainingEvents'
  | 'exportTrained'
  | 'keepTrained'
  | 'removeTraining'
>;

export interface TrainingPlaces {
  readonly models: ModelPool;
  readonly registries: () => Promise<Registries>;
  readonly folders: TrainingFolders;
  /** Holds a training, in every tab. */
  readonly lock: RunStore['lock'];
  readonly modelStore?: ModelStore | undefined;
}

export function trainingCalls(
  { models, registries, folders, lock, modelStore }: TrainingPlaces,
  stoppable: <T>(callId: string, work: (signal: AbortSignal) => Promise<T>) => Promise<Outcome<T>>,
): TrainingCalls {
  /** How the model reads text; its weights, which may not fit in memory, stay where they are. */
  const readerOf = async (id: string, signal: AbortSignal): Promise<LlamaReader> => {
    const entry = findModel(await registries(), id);
    if (!entry.runtimes.includes('whitebox')) throw outOfReach(entry);
    return readLlama(entry, openModelFolder(entry, { signal }));
  };
  const found = async (id: string) => {
    const folder = folders.folder(id);
    const info = await trainingInfo(folder);
    if (info) return { folder, info };
    throw new LabError('bad-input', 'This device does not hold this training.', {
      advice: 'Trainings stay on the device that made them: the same settings make it again.',
    });
  };
  /** One that is `running` and that nothing holds was cut off: it can go on from its last checkpoint. */
  const withTrueState = async (info: TrainingInfo): Promise<TrainingInfo> =>
    info.state === 'running' && (await isFree(lock, info.id)) ? { ...info, state: 'stopped' } : info;
  return {
    train: (callId, input, onEvents, options = {}, folder) =>
      stoppable(callId, async (signal) => {
        const training = resolveTraining(parseTrainingPlan(input));
        const release = await lock(training.name);
        const batches = inBatches(onEvents);
        try {
          const entry = findModel(await registries(), training.plan.model);
          const model = await whiteBoxOf(models, entry, signal);
          return await keepTraining({
            ...{ training, entry, model, signal },
            ...(options.at !== undefined && { at: options.at }),
            base: openModelFolder(entry, { signal }),
            folder: folder ?? folders.folder(training.name),
            now: () => new Date().toISOString(),
            onEvent: batches.add,
          });
        } finally {
          await batches.close();
          release();
        }
      }),
    estimateTraining: (callId, input) =>
      stoppable(callId, async (signal) => {
        const training = resolveTraining(parseTrainingPlan(input));
        return estimateTraining(training, await readerOf(training.plan.model, signal));
      }),
    readTrainingData: (callId, file, name, choices, model, onProgress) =>
      stoppable(callId, async (signal) => {
        const reader = model === null ? null : await readerOf(model, signal);
        const progress = relay(onProgress);
        const onBytes = (bytes: number) => void progress.send({ bytes, totalBytes: file.size });
        const read = await readOwnData(file, name, choices, reader, { signal, onBytes });
        await progress.settled();
        return read;
      }),
    trainings: () =>
      outcomeOf(async () => {
        const infos = await Promise.all((await folders.ids()).map((id) => trainingInfo(folders.folder(id))));
        return Promise.all(infos.flatMap((info) => (info ? [withTrueState(info)] : [])));
      }),
    trainingPlan: (id) =>
      outcomeOf(async () => {
        const plan = await keptPlan((await found(id)).folder);
        if (plan) return plan;
        throw new LabError('bad-input', 'The settings of this training cannot be read.', {
          advice: 'Remove it, and train again.',
        });
      }),
    trainingEvents: (id) => outcomeOf(async () => trainingEvents((await found(id)).folder)),
    exportTrained: (id) => outcomeOf(async () => zipOf(await trainedFilesIn((await found(id)).folder))),
    keepTrained: (callId, id, title) =>
      stoppable(callId, async (signal) => {
        const { folder } = await found(id);
        const files = new Map(
          [...(await trainedFilesIn(folder))].map(([path, bytes]) => [path, new Blob([bytes])]),
        );
        const imported = await storeOf(modelStore).import(files, { title, signal });
        await noteKept(folder, imported.model.id);
        return imported;
      }),
    removeTraining: (id) =>
      outcomeOf(async () => {
        const release = await lock(id);
        await folders.remove(id).finally(release);
      }),
  };
}
