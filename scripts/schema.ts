/** @file Writes the JSON schema of plans, for editors and for other tools: `npx tsx scripts/schema.ts`. */
import { writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { planJsonSchema } from '../src/lab/plan.ts';

const file = new URL('../public/schemas/plan.json', import.meta.url).pathname;
const options = await resolveConfig(file);
await writeFile(file, await format(JSON.stringify(planJsonSchema()), { ...options, filepath: file }));
