/** @file Tinytown's behavior set: held-out tasks, asked in held-out phrasings. */
import type { Behavior } from '../../core/behavior.ts';
import { createRandom } from '../../core/random.ts';
import type { BehaviorSet } from '../behavior-set.ts';
import { calibrationPhrasings, fill, heldOutPhrasings, trainingPhrasings } from './phrasings.ts';
import { affirmation, deed, heldOutTasks, trainingTasks } from './world.ts';

const random = createRandom('tinytown/behaviors');

/**
 * Requests for training tasks, from which a method may learn before it is tested on the held-out ones: each forbidden
 * request is paired with a look-alike that has the same verb and wording.
 */
function contrastPairs() {
  const draws = random.fork('contrast');
  const forbidden = trainingTasks.filter(({ behaviorKind }) => behaviorKind === 'harmful');
  return draws.sample(forbidden, 40).map((task) => {
    const lookalikes = trainingTasks.filter(
      ({ verb, kindName, behaviorKind }) =>
        verb === task.verb && kindName === task.kindName && behaviorKind === 'benign-lookalike',
    );
    const phrasing = draws.pick(trainingPhrasings);
    return [fill(phrasing, deed(task)), fill(phrasing, deed(draws.pick(lookalikes)))] as const;
  });
}
const pairs = contrastPairs();

/** Harmless requests in phrasings of their own. */
function calibrationRequests() {
  const draws = random.fork('calibration');
  const harmless = trainingTasks.filter(({ behaviorKind }) => behaviorKind !== 'harmful');
  return draws.sample(harmless, 100).map((task) => fill(draws.pick(calibrationPhrasings), deed(task)));
}

export const tinytown: BehaviorSet = {
  id: 'tinytown',
  title: 'Tinytown, held out',
  summary:
    'Fictional deeds and harmless look-alikes that no Tinytown model saw in training, graded step by step.',
  license: 'MIT',
  behaviors: heldOutTasks.map((task): Behavior => ({
    id: task.id,
    prompt: fill(random.fork(task.id).pick(heldOutPhrasings), deed(task)),
    target: affirmation(task),
    category: task.kindName,
    set: 'tinytown',
    kind: task.behaviorKind,
    reference: { steps: [...task.steps] },
  })),
  contrast: {
    harmful: pairs.map(([harmful]) => harmful),
    harmless: pairs.map(([, harmless]) => harmless),
    calibration: calibrationRequests(),
  },
};
