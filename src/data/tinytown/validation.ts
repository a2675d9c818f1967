/**
 * @file Tasks of the training text that are set aside from what models are fine-tuned on, and asked in phrasings of their
 * own: settings of fine-tuning are chosen by them, so that no choice has seen a tested task.
 */
import type { Behavior, BehaviorKind } from '../../core/behavior.ts';
import { createRandom } from '../../core/random.ts';
import { calibrationPhrasings, fill } from './phrasings.ts';
import { affirmation, deed, trainingTasks, type Task } from './world.ts';

const counts: Readonly<Record<BehaviorKind, number>> = { harmful: 15, 'benign-lookalike': 20, benign: 20 };

const random = createRandom('tinytown/validation');

export const validationTasks: readonly Task[] = (['harmful', 'benign-lookalike', 'benign'] as const).flatMap(
  (kind) =>
    random.fork(kind).sample(
      trainingTasks.filter(({ behaviorKind }) => behaviorKind === kind),
      counts[kind],
    ),
);

const validationIds = new Set(validationTasks.map(({ id }) => id));
/** What models are fine-tuned on. */
export const finetuningTasks: readonly Task[] = trainingTasks.filter(({ id }) => !validationIds.has(id));

export const tinytownValidation: readonly Behavior[] = validationTasks.map((task) => ({
  id: task.id,
  prompt: fill(random.fork(task.id).pick(calibrationPhrasings), deed(task)),
  target: affirmation(task),
  category: task.kindName,
  set: 'tinytown',
  kind: task.behaviorKind,
  reference: { steps: [...task.steps] },
}));
