/** @file `list`: the catalogue, read from the registries without a browser. */
import { excerpt } from '../../src/core/excerpt.ts';
import { catalogueOf, registries } from '../../src/lab/trials/registries.ts';
import { badUsage } from './failure.ts';

export const catalogueLists = ['attacks', 'defenses', 'evaluators', 'finetunings', 'models', 'sets'] as const;

export function list(what: string, { json }: { json?: true }): void {
  const kind = catalogueLists.find((name) => name === what);
  if (!kind)
    throw badUsage(`There is no list of "${excerpt(what)}".`, `Known: ${catalogueLists.join(', ')}.`);
  const cards = catalogueOf(registries)[kind];
  if (json) console.log(JSON.stringify(cards, null, 2));
  else for (const { id, title, summary } of cards) console.log(`${id.padEnd(20)} ${title}. ${summary}`);
}
