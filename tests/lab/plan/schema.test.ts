import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { expandPlan } from '../../../src/lab/trials/trials.ts';
import { parsePlan, planJsonSchema } from '../../../src/lab/plan/plan.ts';
import { templatePackJsonSchema } from '../../../src/lab/plan/template-pack.ts';
import { registries } from '../../../src/lab/trials/registries.ts';
import { plan } from '../run/harness.ts';

const published = (path: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../public/${path}`, import.meta.url), 'utf8'));

test.each([
  ['plan', planJsonSchema()],
  ['template-pack', templatePackJsonSchema()],
])('the published schema %s is the one in force (else run `npx tsx scripts/schema.ts`)', (name, inForce) => {
  expect(published(`schemas/${name}.json`)).toEqual(JSON.parse(JSON.stringify(inForce)));
});

test('the quickstart is a valid plan for what ships with the lab', () => {
  const { resolved, total } = expandPlan(published('plans/quickstart.json'), registries);
  expect(resolved.stacks.map(({ name }) => name)[0]).toBe('none');
  // (30 harmful × 4 attacks + 100 others, asked directly) × 5 columns
  expect(total).toBe(1100);
});

test('the plan of injections is valid once the model that it names is imported', () => {
  const input = published('plans/injection.json') as { models: { targets: [string] } };
  const [id] = input.models.targets;
  const models = [...registries.models, { ...registries.models[0]!, id }];
  // 32 × 2 attacks + 32 twins, in 5 columns.
  expect(expandPlan(input, { ...registries, models }).total).toBe(480);
});

test('what records and tables go by may stand in a plan once, and all that does not is named', () => {
  const named = (changes: object) => () => parsePlan({ ...plan, ...changes });
  const walk = [{ id: 'walk' }, { id: 'walk' }];
  expect(named({ attacks: walk, evaluators: walk })).toThrow(
    /attacks: "walk" is listed more than once; evaluators: "walk"/,
  );
  const chain = { attack: [{ id: 'walk' }, { id: 'walk' }] };
  expect(named({ attacks: [chain, chain] })).toThrow(/attacks: "walk\+walk"/);
  expect(named({ attacks: [chain, { id: 'walk' }] })).not.toThrow();
  expect(named({ models: { targets: ['toy', 'toy'] } })).toThrow(/models\.targets: "toy"/);
  expect(named({ defenses: [{ name: 'none', stack: [{ id: 'parden' }] }] })).toThrow(/defenses: "none"/);
  const set = { id: 'own', behaviors: [{ id: 'a', prompt: 'Wake it.', kind: 'harmful' }] };
  expect(named({ sets: [set, set] })).toThrow(/sets: "own" is listed/);
});
