/** @file What methods are called in what people read. */
import { undefended } from '../../src/lab/plan/plan.ts';
import { registries } from '../../src/lab/trials/registries.ts';

const titles = new Map(
  [registries.attacks, registries.defenses, registries.evaluators].flatMap(({ all }) =>
    all.map(({ id, title }) => [id, title] as const),
  ),
);

/** Title of a method, or of a stack of them, by its id; a name that a plan gave stays as it is. */
export const nameOf = (id: string): string =>
  id === undefended
    ? 'No defense'
    : (titles.get(id) ??
      id
        .split('+')
        .map((part) => titles.get(part) ?? part)
        .join(' + '));
