/** @file Refuses a plan in which one name stands for two things. */
import { LabError } from '../../core/errors.ts';
import { excerpt, firstOf } from '../../core/excerpt.ts';
import { repeated } from '../../core/groups.ts';

/**
 * Records and rows of tables go by names.
 * @param lists the names of each list, by its path in the plan
 * @throws LabError 'bad-plan' where a list has a name twice
 */
export function checkNamedOnce(lists: Readonly<Record<string, readonly string[]>>): void {
  const found = Object.entries(lists).flatMap(([path, names]) =>
    repeated(names).map((name) => `${path}: "${excerpt(name)}" is listed more than once`),
  );
  if (found.length === 0) return;
  throw new LabError('bad-plan', `The plan is not valid. ${firstOf(found, (one) => one).join('; ')}.`, {
    advice: 'List each once; give defense stacks that share their methods a "name" each.',
  });
}
