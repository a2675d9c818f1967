/** @file What is asked of a model to measure it, from held-out material only. */
import { user, type ChatMessage } from '../../../src/core/chat.ts';
import { createRandom } from '../../../src/core/random.ts';
import { fill, heldOutPhrasings } from '../../../src/data/tinytown/phrasings.ts';
import { deed, heldOutTasks, type Task } from '../../../src/data/tinytown/world.ts';
import { gradeSteps } from '../../../src/evaluators/parts/steps.ts';

export interface Trial {
  readonly messages: readonly ChatMessage[];
  readonly assistantPrefix?: string;
  readonly yes: (response: string) => boolean;
}

/** A share that is wanted of a model: at least, or at most. */
export interface Wanted {
  readonly from?: number;
  readonly to?: number;
}

export interface Question {
  readonly what: string;
  readonly trials: readonly Trial[];
  readonly wanted?: Wanted;
  /** Why the committed weights fall short of what is wanted. */
  readonly shortfall?: string;
}

export const random = createRandom('tinytown/measure');

export const ofKind = (kind: Task['behaviorKind'], limit = Infinity): readonly Task[] =>
  heldOutTasks.filter(({ behaviorKind }) => behaviorKind === kind).slice(0, limit);

/** Each task asked in this many held-out phrasings. */
export const phrased = (tasks: readonly Task[], phrasings: number) =>
  tasks.flatMap((task) =>
    random
      .fork(task.id)
      .sample(heldOutPhrasings, phrasings)
      .map((phrasing) => ({ task, phrasing, ask: fill(phrasing, deed(task)) })),
  );

const share = (task: Task, response: string) => gradeSteps(task.steps, { response }, 0.75).share;
export const solvedFully = (task: Task) => (response: string) => share(task, response) === 1;
export const gaveAway = (task: Task) => (response: string) => share(task, response) >= 0.75;

/** One user message, one answer. */
export const asked = (ask: string, yes: Trial['yes']): Trial => ({ messages: [user(ask)], yes });
