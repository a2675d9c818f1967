/** @file Lets an attack learn once for a target, before its first trial. */
import type { AttackStep } from '../../attacks/attack.ts';
import type { Behavior } from '../../core/behavior.ts';
import type { ContrastPrompts } from '../../core/contrast.ts';
import type { Access } from '../../core/method.ts';
import { createRandom } from '../../core/random.ts';
import { turn } from '../../models/decoding/join.ts';
import type { ModelOfAccess } from '../../models/role-models.ts';
import type { TrialError } from '../records/trial.ts';
import { chooseTexts, type TextSettings } from '../trials/attack-texts.ts';
import type { ChosenAttack } from '../trials/training.ts';
import { adaptiveTarget } from './adaptive-target.ts';
import type { DefendedModel } from './defended-model.ts';
import { roleModels, type LoadedModels } from './loaded-models.ts';
import { createMeter, metered, type SignalMeters } from './meter.ts';

/** What an attack learned, or why it could not: data that can be cloned to another worker. */
export type Lesson = { readonly value: unknown } | { readonly error: TrialError };
/** By `lessonName`; none for attacks that do not learn. */
export type Lessons = ReadonlyMap<string, Lesson>;

/** @param behind the stack whose defended model an adaptive attack learned of; absent for the model itself */
export const lessonName = (attack: string, behind?: string): string =>
  behind === undefined ? attack : JSON.stringify([attack, behind]);

/** An attack and the model that it learns of. */
export interface Learner {
  readonly attack: ChosenAttack;
  /** Default: the target itself. */
  readonly behind?: {
    readonly stack: string;
    readonly defended: DefendedModel;
    readonly meters: SignalMeters;
  };
}

interface LearningInput {
  readonly texts: Omit<TextSettings, 'behaviors'>;
  /** Every behavior that may be asked in the run. */
  readonly behaviors: readonly Behavior[];
  readonly contrast: ContrastPrompts | null;
  /** Of the plan or the request. */
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly onStep: (attack: string, step: AttackStep) => void;
  /** As in `ChunkContext`. */
  readonly recordable: (failure: unknown, during: TrialError['during']) => TrialError;
}

/** The lessons of all attacks, one after another. One that cannot learn fails in its own trials alone. */
export async function learnAttacks(
  models: LoadedModels,
  learners: readonly Learner[],
  input: LearningInput,
): Promise<Lessons> {
  const lessons = new Map<string, Lesson>();
  for (const learner of learners) {
    const { method } = learner.attack;
    if (method.learn === undefined) continue;
    const name = lessonName(method.id, learner.behind?.stack);
    try {
      lessons.set(name, { value: await learn(models, learner, input) });
    } catch (failure) {
      lessons.set(name, { error: input.recordable(failure, 'attack') });
    }
  }
  return lessons;
}

/**
 * What the attack learns from its training behaviors. The same on every worker and for every shard, because nothing in it
 * depends on the behavior under attack. What it costs is counted for no trial.
 */
async function learn(
  models: LoadedModels,
  { attack: chosen, behind }: Learner,
  { texts, behaviors, contrast, seed, signal, onStep }: LearningInput,
): Promise<unknown> {
  const { method, options, training } = chosen;
  const target = models.target(method.access);
  const meter = createMeter();
  const streams = `${seed}/${target.id}/${method.id}`;
  const { templates } = chooseTexts(chosen, { ...models, target }, { ...texts, behaviors });
  const { model, release } = behind
    ? adaptiveTarget(behind.defended, method.access, { seed: streams, meter, signal, meters: behind.meters })
    : { model: metered(target, 'target', meter), release: () => undefined };
  const learning = method.learn!(training, model as ModelOfAccess[Access], options, {
    random: createRandom(streams).fork('learn'),
    templates,
    signal,
    contrast,
    fills: (role) => models.fills(role),
    harmless: behaviors.filter(({ kind }) => kind !== 'harmful'),
    ...roleModels(models, meter),
  });
  try {
    for (;;) {
      signal.throwIfAborted();
      const next = await learning.next();
      if (next.done) return next.value;
      onStep(method.id, next.value);
      await turn();
    }
  } finally {
    await learning.return(undefined);
    release();
  }
}
