/** @file `npx tsx scripts/schema.ts`: writes the JSON schemas of users' files, for editors and other tools, and the page of the docs that tells the fields of a plan. */
import { writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { planJsonSchema } from '../src/lab/plan/plan.ts';
import { templatePackJsonSchema } from '../src/lab/plan/template-pack.ts';
import { planPage } from './docs/plan-page.ts';

const files = {
  'public/schemas/plan.json': JSON.stringify(planJsonSchema()),
  'public/schemas/template-pack.json': JSON.stringify(templatePackJsonSchema()),
  'docs/plan.md': planPage(),
};
for (const [path, content] of Object.entries(files)) {
  const file = new URL(`../${path}`, import.meta.url).pathname;
  const options = await resolveConfig(file);
  await writeFile(file, await format(content, { ...options, filepath: file }));
}
