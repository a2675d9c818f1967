/** @file The models that the command line can run: those that ship with the app, because its browser reaches nothing else. */
import { excerpt } from '../../src/core/excerpt.ts';
import { registries } from '../../src/lab/trials/registries.ts';
import { badUsage } from './failure.ts';

/** @throws CommandError 2 for a model that would have to be downloaded */
export function checkLocalModels(ids: readonly string[]): void {
  const known = registries.models.map(({ id }) => id);
  const other = ids.find((id) => !known.includes(id));
  if (other === undefined) return;
  throw badUsage(
    `The command line runs the models that ship with the app; "${excerpt(other)}" is not one of them.`,
    `Name one of ${known.join(', ')}, or load the other model on the Models page.`,
  );
}
