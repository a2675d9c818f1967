/** @file A question that measures a model, made of test cases from held-out material only. */
import { user, type ChatMessage } from '../../../src/core/chat.ts';
import { createRandom } from '../../../src/core/random.ts';
import { fill, heldOutPhrasings } from '../../../src/data/tinytown/phrasings.ts';
import { deed, heldOutTasks, type Task } from '../../../src/data/tinytown/world.ts';
import { gradeSteps } from '../../../src/evaluators/grading/steps.ts';

/** One conversation, and whether the answer is the wanted one. */
export interface TestCase {
  readonly messages: readonly ChatMessage[];
  readonly assistantPrefix?: string;
  readonly passes: (response: string) => boolean;
}

/** Bounds on the share of passed test cases, 0–1. */
export interface Wanted {
  readonly from?: number;
  readonly to?: number;
}

export interface Question {
  /** What the share is of. */
  readonly what: string;
  readonly cases: readonly TestCase[];
  readonly wanted?: Wanted;
  /** Why the committed weights fall short of what is wanted. */
  readonly shortfall?: string;
}

export const random = createRandom('tinytown/measure');

export const heldOutOfKind = (kind: Task['behaviorKind'], limit = Infinity): readonly Task[] =>
  heldOutTasks.filter(({ behaviorKind }) => behaviorKind === kind).slice(0, limit);

/** Each task, asked in `count` held-out phrasings. */
export const inPhrasings = (tasks: readonly Task[], count: number) =>
  tasks.flatMap((task) =>
    random
      .fork(task.id)
      .sample(heldOutPhrasings, count)
      .map((phrasing) => ({ task, phrasing, ask: fill(phrasing, deed(task)) })),
  );

const shareOfSteps = (task: Task, response: string) => gradeSteps(task.steps, { response }, 0.75).share;
export const givesEveryStep = (task: Task) => (response: string) => shareOfSteps(task, response) === 1;
export const givesAway = (task: Task) => (response: string) => shareOfSteps(task, response) >= 0.75;

/** One user message, one answer. */
export const singleTurn = (ask: string, passes: TestCase['passes']): TestCase => ({
  messages: [user(ask)],
  passes,
});
