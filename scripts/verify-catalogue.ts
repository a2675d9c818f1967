/**
 * @file `npx tsx scripts/verify-catalogue.ts [--hub URL] [--only TEXT] [--newest] [--check]`: asks the hub about every
 * build of the catalogue and writes revisions, files, sizes and hashes into it. `--only` takes the models whose id
 * contains a text, `--newest` the newest revisions in place of those named, `--check` writes nothing. Exits with 1 if
 * a build could not be verified; what was known of it stays.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import type { KnownBuild, KnownModel } from '../src/models/catalogue/known-model.ts';
import { knownModels } from '../src/models/catalogue/known-models.ts';
import { verifyBuild, type HubQuestion } from './catalogue/verify-build.ts';

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
let failures = 0;
let changes = 0;

async function verified(build: KnownBuild): Promise<KnownBuild> {
  try {
    const now = await verifyBuild(build, question);
    if (JSON.stringify({ ...now, verified: build.verified }) !== JSON.stringify(build)) {
      changes++;
      console.error(`${build.repo} (${build.format}, ${build.precision}): at ${now.revision}`);
    }
    return now;
  } catch (error) {
    failures++;
    console.error(`${build.repo} (${build.format}, ${build.precision}): ${(error as Error).message}`);
    return build;
  }
}

const models: KnownModel[] = [];
for (const model of knownModels) {
  const builds = model.id.includes(values.only)
    ? await Promise.all(model.builds.map(verified))
    : [...model.builds];
  models.push({ ...model, builds });
}
if (!values.check) {
  const file = new URL('../src/models/catalogue/models.json', import.meta.url).pathname;
  const options = await resolveConfig(file);
  await writeFile(file, await format(JSON.stringify(models), { ...options, filepath: file }));
}
console.error(`${changes} changed, ${failures} could not be verified.`);
process.exitCode = failures > 0 ? 1 : 0;
