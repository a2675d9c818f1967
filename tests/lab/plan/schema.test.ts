import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { expandPlan } from '../../../src/lab/trials/trials.ts';
import { planJsonSchema } from '../../../src/lab/plan/plan.ts';
import { templatePackJsonSchema } from '../../../src/lab/plan/template-pack.ts';
import { registries } from '../../../src/lab/trials/registries.ts';

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
