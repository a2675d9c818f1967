/** @file `mutate`: the prompts of an attack that needs no model for them, as JSON Lines, without a browser. */
import type { PackName } from '../../src/core/templates.ts';
import { mutateBehaviors } from '../../src/lab/trials/mutate.ts';
import { registries } from '../../src/lab/trials/registries.ts';
import { behaviorsOf } from '../../src/lab/trials/behaviors.ts';
import { readAttack } from './choices.ts';
import { readInput } from './failure.ts';
import { readTemplates } from './json-file.ts';

export interface MutateOptions {
  readonly set: string;
  readonly limit?: number;
  readonly seed: number;
  readonly option: readonly string[];
  readonly texts?: PackName;
  readonly templates?: string;
}

/** Print one line per harmful behavior of the set, or for the first `limit` of them. */
export function mutate(id: string, { set, limit, seed, option, texts, templates }: MutateOptions): void {
  const prompts = readInput(() => {
    const source = { set, kinds: ['harmful' as const], ...(limit !== undefined && { limit }) };
    const request = {
      attack: readAttack(id, option),
      ...(texts !== undefined && { texts }),
      ...(templates !== undefined && { templates: readTemplates(templates) }),
      seed,
    };
    return mutateBehaviors(request, behaviorsOf(source, registries), registries);
  });
  for (const prompt of prompts) console.log(JSON.stringify(prompt));
}
