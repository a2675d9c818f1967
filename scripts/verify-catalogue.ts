/**
 * @file `npx tsx scripts/verify-catalogue.ts [--hub URL] [--only TEXT] [--newest] [--check]`: asks the hub about every
 * build of the catalogue and writes revisions, files, sizes and hashes into it. `--only` takes the models whose id
 * contains a text, `--newest` the newest revisions in place of those named, `--check` writes nothing. Exits with 1 if
 * a build could not be verified; what was known of it stays.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { knownModels } from '../src/models/catalogue/known-models.ts';
import type { HubQuestion } from './catalogue/verify-build.ts';
import { verifyModels } from './catalogue/verify-models.ts';

const { values } = parseArgs({
  options: {
    hub: { type: 'string', default: 'https://huggingface.co' },
    only: { type: 'string', default: '' },
    newest: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
  },
});
const question: HubQuestion = {
  hub: values.hub.replace(/\/+$/, ''),
  fetch,
  today: new Date().toISOString().slice(0, 10),
  revision: values.newest ? 'main' : undefined,
};
const { models, changes, failures } = await verifyModels(knownModels, values.only, question, console.error);
if (!values.check) {
  const file = new URL('../src/models/catalogue/models.json', import.meta.url).pathname;
  const options = await resolveConfig(file);
  await writeFile(file, await format(JSON.stringify(models), { ...options, filepath: file }));
}
console.error(`${changes} changed, ${failures} could not be verified.`);
process.exitCode = failures > 0 ? 1 : 0;
