/** @file Which behaviors an attack learns from: the same for every behavior that it is tested on, and none of those. */
import type { Attack } from '../../attacks/attack.ts';
import type { Behavior } from '../../core/behavior.ts';
import type { ContrastPrompts } from '../../core/contrast.ts';
import { createRandom } from '../../core/random.ts';
import type { Chosen } from './choices.ts';

/** An attack with the harmful behaviors that it learns from; none for one that does not learn. */
export interface ChosenAttack extends Chosen<Attack> {
  readonly training: readonly Behavior[];
}

/** What the split is made of. Only harmful behaviors count. */
export interface TrainingSource {
  /** All that the whole plan tests, whatever its shard. */
  readonly tested: readonly Behavior[];
  /** All that may be learned from, those that are tested among them. */
  readonly known: readonly Behavior[];
  readonly contrast: ContrastPrompts | null;
  /** Of the plan. */
  readonly seed: number;
}

const isHarmful = ({ kind }: Behavior): boolean => kind === 'harmful';

/**
 * The attack with its training behaviors, drawn by the seed: first those that the plan does not test, then up to half of
 * those that it does, which the attack is then not tested on. Attacks that learn from equally many share them.
 */
export function withTraining(
  chosen: Chosen<Attack>,
  { tested, known, contrast, seed }: TrainingSource,
): ChosenAttack {
  const { method, options } = chosen;
  const count = method.trainsOn?.(options, contrast) ?? 0;
  if (count === 0) return { ...chosen, training: [] };
  const random = createRandom(`${seed}/training`);
  const own = tested.filter(isHarmful);
  const ids = new Set(own.map(({ id }) => id));
  const others = known.filter((behavior) => isHarmful(behavior) && !ids.has(behavior.id));
  const spared = random
    .fork('tested')
    .shuffle([...own])
    .slice(0, Math.floor(own.length / 2));
  const training = [...random.fork('others').shuffle([...others]), ...spared].slice(0, count);
  return { ...chosen, training };
}

/** The behaviors of `tested` that the attack did not learn from. */
export const heldOut = ({ training }: ChosenAttack, tested: readonly Behavior[]): readonly Behavior[] => {
  const ids = new Set(training.map(({ id }) => id));
  return ids.size === 0 ? tested : tested.filter(({ id }) => !ids.has(id));
};
