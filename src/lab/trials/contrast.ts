/** @file Chooses the requests that defenses learn from. They are never those under test. */
import type { Behavior } from '../../core/behavior.ts';
import { untested, type ContrastPrompts } from '../../core/contrast.ts';
import type { BehaviorSet } from '../../data/behavior-set.ts';

export interface ContrastSources {
  /** The plan's own contrast. */
  readonly given?: ContrastPrompts | undefined;
  /** The sets that the behaviors under test come from. */
  readonly sets: readonly BehaviorSet[];
  /** The behaviors under test. */
  readonly tested: readonly Behavior[];
}

/**
 * The plan's own contrast; else the contrast of the behavior sets; else those of their behaviors that are not under
 * test. Requests under test are always removed. For calibration are the requests that the plan or else the sets name, else
 * the benign behaviors of the sets that are not under test. `null` when nothing is left.
 */
export function contrastFrom({ given, sets, tested }: ContrastSources): ContrastPrompts | null {
  const testedPrompts = tested.map(({ prompt }) => prompt);
  const ids = new Set(tested.map(({ id }) => id));
  const spare = sets.flatMap(({ behaviors }) => behaviors).filter(({ id }) => !ids.has(id));
  const prompts = (isHarmful: boolean) =>
    spare.filter(({ kind }) => (kind === 'harmful') === isHarmful).map(({ prompt }) => prompt);
  const ofSets = sets.flatMap(({ contrast }) => (contrast ? [contrast] : []));
  const aside = ofSets.flatMap(({ calibration = [] }) => calibration);
  const calibration = aside.length > 0 ? aside : prompts(false);
  if (given) return untested({ calibration, ...given }, testedPrompts);
  if (ofSets.length > 0)
    return untested(
      {
        harmful: ofSets.flatMap(({ harmful, harmless }) => harmful.slice(0, harmless.length)),
        harmless: ofSets.flatMap(({ harmful, harmless }) => harmless.slice(0, harmful.length)),
        calibration,
      },
      testedPrompts,
    );
  return untested({ harmful: prompts(true), harmless: prompts(false) }, testedPrompts);
}
