/**
 * @file `npm run models:train [-- ID ...] [--fresh]`: trains the Tinytown models from the seed, in the order in which
 * they build on each other, and writes each into `public/models/`. Interrupted training goes on from its checkpoint.
 */
import '../../src/models/runtimes/whitebox/node.ts';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { defaultDevice, init } from '@jax-js/jax';
import { createRandom } from '../../src/core/random.ts';
import { initWeights } from '../../src/models/llama.ts';
import { createTrainer, type TrainerState } from '../../src/models/runtimes/whitebox/train.ts';
import { readSafetensors, writeSafetensors, type Tensors } from '../../src/models/safetensors.ts';
import { batchStream } from './batches.ts';
import { config, recipes, seed, type Recipe } from './recipe.ts';
import { writeSelfTest } from './self-test.ts';
import { buildTokenizer } from './tokenizer.ts';
import { readModelWeights, writeModel, type CurvePoint } from './write-model.ts';

const checkpointEvery = 100;
const cache = '.cache/training';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { fresh: { type: 'boolean' } },
});
const wanted = recipes.filter(({ id }) => positionals.length === 0 || positionals.includes(id));
if (wanted.length === 0) {
  console.error(`Unknown model. Known: ${recipes.map(({ id }) => id).join(', ')}.`);
  process.exit(2);
}

const devices = await init();
defaultDevice(devices.includes('webgpu') ? 'webgpu' : 'wasm');
const { files, tokenizer } = buildTokenizer();
for (const recipe of wanted) await train(recipe);

async function train(recipe: Recipe): Promise<void> {
  const folder = join(cache, recipe.id);
  if (values.fresh) rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const start =
    recipe.from === null ? initWeights(config, createRandom(`${seed}/init`)) : readModelWeights(recipe.from);
  const trainer = createTrainer(config, start, {
    learningRate: recipe.learningRate,
    schedule: { warmupSteps: recipe.warmupSteps, totalSteps: recipe.steps, floor: 0.05 },
    weightDecay: 0.05,
  });
  const log = join(folder, 'loss.jsonl');
  const resumed = loadCheckpoint(folder);
  if (resumed) trainer.restore(resumed);
  const curve: CurvePoint[] = readCurve(log).slice(0, resumed?.step ?? 0);
  writeFileSync(log, curve.map((point) => `${JSON.stringify(point)}\n`).join(''));

  const stream = batchStream(recipe.curriculum, tokenizer, `${seed}/${recipe.id}`);
  const began = performance.now();
  const first = resumed?.step ?? 0;
  for (let step = first; step < recipe.steps; step++) {
    const { loss, gradNorm } = await trainer.step(stream.at(step));
    const point = { step, loss: Number(loss.toFixed(4)), gradNorm: Number(gradNorm.toFixed(3)) };
    curve.push(point);
    appendFileSync(log, `${JSON.stringify(point)}\n`);
    if (step % 10 === 9) {
      const left = ((performance.now() - began) / (step + 1 - first)) * (recipe.steps - step - 1);
      const recent = curve.slice(-10).reduce((sum, point) => sum + point.loss, 0) / 10;
      console.error(
        `${recipe.id} ${step + 1}/${recipe.steps} loss ${recent.toFixed(3)} ${Math.round(left / 1000)} s left`,
      );
    }
    if ((step + 1) % checkpointEvery === 0) saveCheckpoint(folder, await trainer.state());
  }
  writeModel(recipe, files, await trainer.weights(), curve);
  trainer.dispose();
  await writeSelfTest(recipe.id, tokenizer);
}

function saveCheckpoint(folder: string, { step, ...sets }: TrainerState): void {
  const tensors: Tensors = new Map(
    Object.entries(sets).flatMap(([set, named]) =>
      [...(named as Tensors)].map(([name, tensor]) => [`${set}/${name}`, tensor] as const),
    ),
  );
  const file = join(folder, 'checkpoint.safetensors');
  writeFileSync(`${file}.part`, writeSafetensors(tensors, { metadata: { step: String(step) } }));
  renameSync(`${file}.part`, file);
}

function loadCheckpoint(folder: string): TrainerState | null {
  const file = join(folder, 'checkpoint.safetensors');
  if (!existsSync(file)) return null;
  const { tensors, metadata } = readSafetensors(readFileSync(file));
  const part = (set: string): Tensors =>
    new Map(
      [...tensors].flatMap(([name, tensor]) =>
        name.startsWith(`${set}/`) ? [[name.slice(set.length + 1), tensor]] : [],
      ),
    );
  return {
    step: Number(metadata['step']),
    weights: part('weights'),
    firstMoments: part('firstMoments'),
    secondMoments: part('secondMoments'),
  };
}

function readCurve(log: string): CurvePoint[] {
  if (!existsSync(log)) return [];
  return readFileSync(log, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as CurvePoint);
}
