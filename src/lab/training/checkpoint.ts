/** @file A state from which training goes on, as one safetensors file that names the training it belongs to. */
import { LabError } from '../../core/errors.ts';
import type { Memory } from '../../finetuning/finetuning.ts';
import type { Tensor, TrainerState } from '../../models/language-model.ts';
import { readSafetensors, writeSafetensors } from '../../models/safetensors.ts';
import type { Bytes, KeptFolder } from './kept-folder.ts';
import type { HeldOutLosses } from '../records/training.ts';

export interface Checkpoint {
  /** Updates made. */
  readonly step: number;
  readonly state: TrainerState;
  readonly memory?: Memory | undefined;
  readonly looks?: Looks | undefined;
}

/** What the looks at held-out data have found. */
export interface Looks {
  /** Before the first update, and at the last look; `null` before it. */
  readonly before: HeldOutLosses | null;
  readonly after: HeldOutLosses | null;
  /** The lowest loss of what the model should say, and how many looks ago it was. */
  readonly best: number | null;
  readonly since: number;
}

const parts = ['weights', 'firstMoments', 'secondMoments'] as const;
const ofStep = /^checkpoint-(\d+)\.safetensors$/;
export const checkpointPath = (step: number): string =>
  `checkpoint-${String(step).padStart(7, '0')}.safetensors`;

/** Older ones are removed. */
const mostKept = 5;

/** @param training names plan and model: a checkpoint of another is refused */
export function packCheckpoint({ step, state, memory, looks }: Checkpoint, training: string): Bytes {
  const tensors = new Map<string, Tensor>();
  for (const part of parts) for (const [name, tensor] of state[part]) tensors.set(`${part}/${name}`, tensor);
  return writeSafetensors(tensors, {
    metadata: {
      ...{ format: 'glovebox-checkpoint', training, step: String(step) },
      carried: JSON.stringify({ ...(memory && { memory }), ...(looks && { looks }) }),
    },
  });
}

/** @throws LabError 'bad-model' for a damaged file, 'bad-input' for a checkpoint of another training */
export function unpackCheckpoint(bytes: Bytes, training: string): Checkpoint {
  const { tensors, metadata } = readSafetensors(bytes);
  if (metadata?.['format'] !== 'glovebox-checkpoint') throw foreign('is no checkpoint');
  if (metadata['training'] !== training) throw foreign('is of another model, method or data');
  const of = (part: (typeof parts)[number]) =>
    new Map(
      [...tensors].flatMap(([name, tensor]) =>
        name.startsWith(`${part}/`) ? [[name.slice(part.length + 1), tensor] as const] : [],
      ),
    );
  const step = Number(metadata['step']);
  const carried = JSON.parse(metadata['carried'] ?? '{}') as Pick<Checkpoint, 'memory' | 'looks'>;
  return {
    step,
    state: {
      step,
      weights: of('weights'),
      firstMoments: of('firstMoments'),
      secondMoments: of('secondMoments'),
    },
    ...carried,
  };
}

const foreign = (what: string): LabError =>
  new LabError('bad-input', `The checkpoint ${what}.`, {
    advice: 'Go on with the settings that made it, or start in a folder of its own.',
  });

/** Updates after which the training can go on, the latest last. */
export async function checkpointSteps(folder: KeptFolder): Promise<readonly number[]> {
  const steps = (await folder.list()).flatMap((path) => {
    const step = ofStep.exec(path)?.[1];
    return step === undefined ? [] : [Number(step)];
  });
  return steps.toSorted((a, b) => a - b);
}

export async function saveCheckpoint(
  folder: KeptFolder,
  checkpoint: Checkpoint,
  training: string,
): Promise<void> {
  await folder.write(checkpointPath(checkpoint.step), packCheckpoint(checkpoint, training));
  for (const step of (await checkpointSteps(folder)).slice(0, -mostKept))
    await folder.remove(checkpointPath(step));
}

/**
 * The latest that is whole: those that were cut off are passed over.
 * @param at the number of updates to go on after; default: as many as there are
 * @throws LabError 'bad-input' for a checkpoint of another training, or where there is none after `at` updates
 */
export async function lastCheckpoint(
  folder: KeptFolder,
  training: string,
  at?: number,
): Promise<{ readonly checkpoint: Checkpoint | null; readonly damaged: readonly number[] }> {
  const steps = await checkpointSteps(folder);
  if (at !== undefined && !steps.includes(at))
    throw new LabError('bad-input', `There is no checkpoint after update ${at}.`, {
      advice:
        steps.length > 0
          ? `There are some after ${steps.join(', ')}.`
          : 'There is none yet: start from the beginning.',
    });
  const damaged: number[] = [];
  for (const step of at === undefined ? steps.toReversed() : [at]) {
    const bytes = await folder.read(checkpointPath(step));
    if (!bytes) continue;
    try {
      return { checkpoint: unpackCheckpoint(bytes, training), damaged };
    } catch (error) {
      if (error instanceof LabError && error.code === 'bad-input') throw error;
      damaged.push(step);
    }
  }
  return { checkpoint: null, damaged };
}
