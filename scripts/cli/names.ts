/** @file Titles of methods, for reports. */
import { undefended } from '../../src/lab/plan/plan.ts';
import { registries } from '../../src/lab/trials/registries.ts';

const titles = new Map(
  [registries.attacks, registries.defenses, registries.evaluators].flatMap(({ all }) =>
    all.map(({ id, title }) => [id, title] as const),
  ),
);

/** Title of a method or of a stack, by its id; a name from the plan stays as it is. */
export const nameOf = (id: string): string =>
  id === undefended
    ? 'No defense'
    : (titles.get(id) ??
      id
        .split('+')
        .map((part) => titles.get(part) ?? part)
        .join(' + '));
