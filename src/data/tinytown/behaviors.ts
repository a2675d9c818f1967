/** @file Tinytown's behavior set: held-out tasks, asked in held-out phrasings. */
import type { Behavior } from '../../core/behavior.ts';
import { createRandom } from '../../core/random.ts';
import type { BehaviorSet } from '../behavior-set.ts';
import { affirmation } from './frames.ts';
import { fill, heldOutPhrasings } from './phrasings.ts';
import { deed, heldOutTasks } from './world.ts';

const random = createRandom('tinytown/behaviors');

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
};
