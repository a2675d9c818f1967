/**
 * @file `npx tsx training/keeper/train.ts`: trains the low-rank adapter that makes SmolLM2 keep secrets, and writes it as PEFT does.
 * A training that was interrupted goes on from its last checkpoint, in `.cache/training/smollm2-keeper`; with `--fresh` it starts
 * anew. `--checkpoint N` writes the adapter of that checkpoint in place of training; `--out` names the folder to write.
 */
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { lastCheckpoint } from '../../src/lab/training/checkpoint.ts';
import { parseTrainingPlan } from '../../src/lab/plan/training-plan.ts';
import type { KeptFolder } from '../../src/lab/training/kept-folder.ts';
import { resolveTraining, runTraining } from '../../src/lab/training/run-training.ts';
import { writePeft } from '../../src/models/peft.ts';
import { projections } from '../../src/models/projections.ts';
import type { Tensors } from '../../src/models/safetensors.ts';
import { writeWhole } from '../../scripts/cli/whole-file.ts';
import { distilledAnswers, learnedData } from './data.ts';
import { base, loadBase } from './base.ts';
import { adapters, recipe } from './recipe.ts';

const { values } = parseArgs({
  options: { fresh: { type: 'boolean' }, out: { type: 'string' }, checkpoint: { type: 'string' } },
});
const cache = '.cache/training/smollm2-keeper';
const out = values.out ?? join(cache, 'adapter');
if (values.fresh) rmSync(cache, { recursive: true, force: true });
mkdirSync(cache, { recursive: true });

const distilled = await distilledAnswers('training/keeper/plain-answers.json', () =>
  loadBase('transformers'),
);
const plan = parseTrainingPlan({ ...recipe, model: base.id, data: learnedData(distilled), adapters });
const training = resolveTraining(plan);
const folder = folderOn(cache);

if (values.checkpoint !== undefined) {
  const { checkpoint: found } = await lastCheckpoint(folder, training.name, Number(values.checkpoint));
  if (!found) throw new Error(`There is no checkpoint up to update ${values.checkpoint} in ${cache}.`);
  write(found.state.weights, found.step);
}
const job = runTraining({ training, model: await loadBase('whitebox'), folder });
for (;;) {
  const { done, value } = await job.next();
  if (done) write(value.weights, value.steps);
  appendFileSync(join(cache, 'log.jsonl'), `${JSON.stringify(value)}\n`);
  if (value.type !== 'step') continue;
  const loss = value.figures['loss']!.toFixed(3);
  console.error(`${value.step}/${value.steps} loss ${loss}, ${Math.round(value.leftMs / 1000)} s left`);
}

function write(tensors: Tensors, steps: number): never {
  const lora = {
    ...{ rank: adapters.rank, alpha: adapters.alpha, projections: adapters.projections ?? projections },
    tensors,
  };
  mkdirSync(out, { recursive: true });
  for (const [name, bytes] of writePeft(lora, base.name, 'F16')) writeFileSync(join(out, name), bytes);
  console.error(`Wrote the adapter after ${steps} updates to ${out}.`);
  process.exit(0);
}

/** A folder on disk. */
function folderOn(folder: string): KeptFolder {
  return {
    list: async () => readdirSync(folder),
    async read(path) {
      return new Uint8Array(readFileSync(join(folder, path)));
    },
    write: async (path, bytes) => writeWhole(join(folder, path), (file) => void writeFileSync(file, bytes)),
    remove: async (path) => rmSync(join(folder, path), { force: true }),
  };
}
