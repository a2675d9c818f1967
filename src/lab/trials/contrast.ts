/** @file Where the requests come from that defenses learn from before they are tested: never from the test itself. */
import type { Behavior } from '../../core/behavior.ts';
import { untested, type ContrastPrompts } from '../../core/contrast.ts';
import type { BehaviorSet } from '../../data/behavior-set.ts';

export interface ContrastSources {
  /** What the plan gives, if it does. */
  readonly given?: ContrastPrompts | undefined;
  /** The sets that the behaviors under test come from. */
  readonly sets: readonly BehaviorSet[];
  /** The behaviors under test. */
  readonly tested: readonly Behavior[];
}

/**
 * What the plan gives; else what the sets bring along for this; else those of their behaviors that are not under test.
 * Without the requests under test in any case. `null` when nothing is left.
 */
export function contrastFrom({ given, sets, tested }: ContrastSources): ContrastPrompts | null {
  const asked = tested.map(({ prompt }) => prompt);
  if (given) return untested(given, asked);
  const brought = sets.flatMap(({ contrast }) => (contrast ? [contrast] : []));
  if (brought.length > 0)
    return untested(
      {
        harmful: brought.flatMap(({ harmful, harmless }) => harmful.slice(0, harmless.length)),
        harmless: brought.flatMap(({ harmful, harmless }) => harmless.slice(0, harmful.length)),
      },
      asked,
    );
  const ids = new Set(tested.map(({ id }) => id));
  const spare = sets.flatMap(({ behaviors }) => behaviors).filter(({ id }) => !ids.has(id));
  const prompts = (isHarmful: boolean) =>
    spare.filter(({ kind }) => (kind === 'harmful') === isHarmful).map(({ prompt }) => prompt);
  return untested({ harmful: prompts(true), harmless: prompts(false) }, asked);
}
