/** @file `npx tsx scripts/schema.ts`: writes the JSON schemas of users' files, for editors and other tools. */
import { writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { planJsonSchema } from '../src/lab/plan/plan.ts';
import { templatePackJsonSchema } from '../src/lab/plan/template-pack.ts';

const schemas = { plan: planJsonSchema(), 'template-pack': templatePackJsonSchema() };
for (const [name, schema] of Object.entries(schemas)) {
  const file = new URL(`../public/schemas/${name}.json`, import.meta.url).pathname;
  const options = await resolveConfig(file);
  await writeFile(file, await format(JSON.stringify(schema), { ...options, filepath: file }));
}
