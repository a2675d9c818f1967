/** @file Which behaviors a plan tests, and which its attacks may learn from. */
import type { Behavior } from '../../core/behavior.ts';
import { LabError } from '../../core/errors.ts';
import { excerpt } from '../../core/excerpt.ts';
import { createRandom } from '../../core/random.ts';
import { isFindable } from '../../evaluators/grading/steps.ts';
import type { Plan } from '../plan/plan.ts';
import type { Registries } from './registries.ts';
import { setNamed } from './sets.ts';

type Sets = Pick<Registries, 'sets'>;
type BehaviorSource = Plan['behaviors'][number];

/**
 * In the order of the set.
 * @param seed of the plan; read only where behaviors are drawn
 * @throws LabError 'bad-plan' as `setNamed`, and when the set has no behavior of the kinds that are asked for
 */
export function behaviorsOf(source: BehaviorSource, { sets }: Sets, seed = 0): readonly Behavior[] {
  if ('behaviors' in source) return source.behaviors;
  const { kinds, limit = Infinity, drawn } = source;
  const all = setNamed(source, sets).behaviors;
  const counts = new Map<Behavior['kind'], number>();
  const order = drawn ? createRandom(`${seed}/behaviors/${source.set}`).shuffle(all) : all;
  const taken = new Set(
    order.filter(({ kind }) => {
      const count = counts.get(kind) ?? 0;
      if ((kinds && !kinds.includes(kind)) || count >= limit) return false;
      counts.set(kind, count + 1);
      return true;
    }),
  );
  const behaviors = all.filter((behavior) => taken.has(behavior));
  if (behaviors.length > 0) return behaviors;
  throw new LabError('bad-plan', `No behavior of set "${source.set}" is of kind ${kinds?.join(' or ')}.`, {
    advice: 'Ask for other kinds, or leave "kinds" out to take all.',
  });
}

/** @throws LabError 'bad-plan' for a true step that no answer could be found to give */
export function checkSteps({ id, reference }: Behavior): void {
  const place = reference?.steps.findIndex((step) => !isFindable(step)) ?? -1;
  if (place < 0) return;
  throw new LabError(
    'bad-plan',
    `Step ${place + 1} of "${excerpt(id)}" holds no words to look for: "${excerpt(reference!.steps[place]!)}".`,
    { advice: 'Write every step in words, as an answer would.' },
  );
}

/** The behaviors of the plan's shard; all of them when the plan has no shard. @throws LabError 'bad-plan' if none is left */
export function shardOf(behaviors: readonly Behavior[], { shard }: Plan): readonly Behavior[] {
  if (shard === undefined) return behaviors;
  const own = behaviors.filter((_, i) => i % shard.count === shard.index - 1);
  if (own.length > 0) return own;
  const { index, count } = shard;
  throw new LabError(
    'bad-plan',
    `Shard ${index}/${count} is empty: the plan has ${behaviors.length} behaviors.`,
    { advice: 'Use fewer shards.' },
  );
}

/** The behaviors of the whole plan, and the rest of the sets that some come from. Each is listed once. */
export function trainingBehaviorsOf(sources: readonly BehaviorSource[], { sets }: Sets): readonly Behavior[] {
  const all = sources.flatMap((source) =>
    'set' in source ? setNamed(source, sets).behaviors : source.behaviors,
  );
  return [...new Map(all.map((behavior) => [behavior.id, behavior])).values()];
}
