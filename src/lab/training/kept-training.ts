/** @file A training with its files: what was told, its checkpoints, and what it made. */
import type { ModelEntry } from '../../models/catalog.ts';
import type { ModelFolder } from '../../models/files.ts';
import type { WhiteBoxModel } from '../../models/language-model.ts';
import { startStopwatch } from '../../core/stopwatch.ts';
import type { TrainingPlan } from '../plan/training-plan.ts';
import type { TrainingEvent, TrainingInfo, TrainingResult, TrainingState } from '../records/training.ts';
import { checkpointSteps } from './checkpoint.ts';
import type { Bytes, KeptFolder } from './kept-folder.ts';
import { runTraining, type ResolvedTraining } from './run-training.ts';
import { trainedFiles, trainedName } from './trained-files.ts';

/** The file without which a folder holds no training. */
export const infoPath = 'training.json';
const planPath = 'plan.json';
const eventsPath = 'events.json';
const trainedPrefix = 'model/';

const encode = (value: unknown): Bytes => new TextEncoder().encode(`${JSON.stringify(value)}\n`);
const decode = <T>(bytes: Bytes | null): T | null => {
  try {
    return bytes && (JSON.parse(new TextDecoder().decode(bytes)) as T);
  } catch {
    return null; // cut off while it was written
  }
};

/** `null` for a folder that holds no training. */
export async function trainingInfo(folder: KeptFolder): Promise<TrainingInfo | null> {
  const info = decode<Omit<TrainingInfo, 'checkpoints'>>(await folder.read(infoPath));
  return info && { ...info, checkpoints: await checkpointSteps(folder) };
}

/** Notes which model the result was put under; a training that goes on forgets it. */
export async function noteKept(folder: KeptFolder, keptAs: string): Promise<void> {
  const info = decode<Omit<TrainingInfo, 'checkpoints'>>(await folder.read(infoPath));
  if (info) await folder.write(infoPath, encode({ ...info, keptAs }));
}

/** `null` for a folder that holds no training. */
export const keptPlan = async (folder: KeptFolder): Promise<TrainingPlan | null> =>
  decode<TrainingPlan>(await folder.read(planPath));

/** What a training has told so far, samples and losses included. */
export const trainingEvents = async (folder: KeptFolder): Promise<readonly TrainingEvent[]> =>
  decode<readonly TrainingEvent[]>(await folder.read(eventsPath)) ?? [];

/** Files of the trained model or adapter, by path; none while it is not done. */
export async function trainedFilesIn(folder: KeptFolder): Promise<ReadonlyMap<string, Bytes>> {
  const files = new Map<string, Bytes>();
  for (const path of await folder.list()) {
    if (!path.startsWith(trainedPrefix)) continue;
    const bytes = await folder.read(path);
    if (bytes) files.set(path.slice(trainedPrefix.length), bytes);
  }
  return files;
}

export interface KeptTraining {
  readonly training: ResolvedTraining;
  readonly model: WhiteBoxModel;
  readonly entry: ModelEntry;
  /** The files of the model. */
  readonly base: ModelFolder;
  readonly folder: KeptFolder;
  readonly at?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** The time of day, ISO 8601. */
  readonly now: () => string;
  readonly onEvent: (event: TrainingEvent) => void;
}

/** Trains, or goes on, and keeps everything in the folder. @throws as `runTraining` */
export async function keepTraining(job: KeptTraining): Promise<TrainingResult> {
  const { training, entry, base, folder, at, signal, onEvent } = job;
  const { plan, method, settings, name } = training;
  const before = await trainingInfo(folder);
  let told = [...(await trainingEvents(folder))];
  let goesOn = false;
  const clock = startStopwatch();
  let info: Omit<TrainingInfo, 'checkpoints'> = {
    ...{ id: name, model: entry.id, method: method.id },
    createdAt: before?.createdAt ?? job.now(),
    ...{ state: 'running', steps: settings.steps, done: before?.done ?? 0 },
    elapsedMs: before?.elapsedMs ?? 0,
  };
  const elapsedBefore = info.elapsedMs;
  const put = async (state: TrainingState, more: Partial<TrainingInfo> = {}) => {
    info = { ...info, state, elapsedMs: elapsedBefore + clock.elapsedMs(), ...more };
    await folder.write(infoPath, encode(info));
  };
  if (!before) await folder.write(planPath, encode(plan));
  await put('running');
  onEvent({ type: 'begin', info: { ...info, checkpoints: await checkpointSteps(folder) } });
  try {
    const run = runTraining({ training, model: job.model, folder, at, signal });
    for (;;) {
      const next = await run.next();
      if (next.done) {
        const files = await trainedFiles(training, next.value, { entry, base });
        for (const [path, bytes] of files) await folder.write(`${trainedPrefix}${path}`, bytes);
        const { steps, endedEarly } = next.value;
        const result: TrainingResult = {
          ...{ model: trainedName(training), steps, endedEarly },
          elapsedMs: elapsedBefore + clock.elapsedMs(),
          files: Object.fromEntries([...files].map(([path, { byteLength }]) => [path, byteLength])),
        };
        await put('done', { result, done: steps });
        return result;
      }
      const event = next.value;
      onEvent(event);
      // What is told again by a training that goes on from a checkpoint before it.
      if (event.type === 'step' && !goesOn) {
        told = told.filter((earlier) => stepOf(earlier) < event.step);
        goesOn = true;
      }
      told.push(event);
      if (event.type !== 'checkpoint') continue;
      await folder.write(eventsPath, encode(told));
      await put('running', { done: event.step });
    }
  } catch (error) {
    await put(signal?.aborted ? 'stopped' : 'failed').catch(() => {});
    throw error;
  }
}

const stepOf = (event: TrainingEvent): number => ('step' in event ? event.step : 0);
