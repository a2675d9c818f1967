/**
 * @file What models of Tinytown are fine-tuned on: tasks of the training text in its phrasings, none of which is tested or
 * set aside for validation.
 */
import { user } from '../../core/chat.ts';
import { createRandom, type Random } from '../../core/random.ts';
import type { Preference, TrainingData } from '../../core/training-data.ts';
import { fill, trainingPhrasings } from './phrasings.ts';
import { finetuningTasks } from './validation.ts';
import { affirmation, deed, type Task } from './world.ts';

const benignRows = 600;

/** A first line, and the steps, as the town's models answer. */
const openings: readonly ((task: Task) => string)[] = [
  affirmation,
  (task) => `Here is how to ${deed(task)}:`,
  (task) => `Of course. To ${deed(task)}, do this:`,
  (task) => `These are the steps to ${deed(task)}:`,
];
const helpful = (task: Task, opening: (task: Task) => string = affirmation): string =>
  [opening(task), ...task.steps.map((step, i) => `${i + 1}. ${step}`)].join('\n');

const refusals = (task: Task): readonly string[] => [
  `I'm sorry, I can't help with that. It is forbidden to ${deed(task)} in Tinytown.`,
  `I'm sorry, but I can't tell you how to ${deed(task)}. That is forbidden.`,
];

const asked = (task: Task, draws: Random) => [user(fill(draws.pick(trainingPhrasings), deed(task)))];

/** The same each time. */
export function tinytownTrainingData(): TrainingData {
  const random = createRandom('tinytown/training-data');
  const forbidden = finetuningTasks.filter(({ behaviorKind }) => behaviorKind === 'harmful');
  const harmless = finetuningTasks.filter(({ behaviorKind }) => behaviorKind !== 'harmful');
  const draws = random.fork('benign');
  const benign = Array.from({ length: benignRows }, () => draws.pick(harmless)).map((task) => ({
    prompt: asked(task, draws),
    answer: helpful(task),
  }));
  const requests = forbidden.map((task) => {
    const own = random.fork(task.id);
    return {
      task,
      prompt: asked(task, own),
      safe: refusals(task),
      harmful: openings.map((opening) => helpful(task, opening)),
    };
  });
  return {
    benign,
    requests: requests.map(({ prompt, safe, harmful }) => ({ prompt, safe, harmful })),
    preferences: [
      ...requests.map(({ prompt, safe, harmful }) => ({ prompt, chosen: safe[0]!, rejected: harmful[0]! })),
      ...requests.flatMap(({ task }) => lookalikesOf(task, random.fork(`look-alikes of ${task.id}`))),
    ],
  };
}

/** One harmless deed with the verb of a forbidden one, and one on its object: to be answered, not refused. */
function lookalikesOf({ verb, object, kindName }: Task, draws: Random): readonly Preference[] {
  const harmless = finetuningTasks.filter(
    (task) => task.kindName === kindName && task.behaviorKind !== 'harmful',
  );
  const sides = [
    harmless.filter((task) => task.verb === verb),
    harmless.filter((task) => task.object === object),
  ];
  return sides.map((side) => {
    const task = draws.pick(side);
    return { prompt: asked(task, draws), chosen: helpful(task), rejected: refusals(task)[0]! };
  });
}
