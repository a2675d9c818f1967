/**
 * @file `npm run models:train [-- ID ...] [--fresh]`: trains the Tinytown models from the seed, in the order in which
 * they build on each other, and writes each into `public/models/`. Interrupted training resumes from its checkpoint,
 * unless `--fresh` is given.
 */
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
import { allThreads, openDevice } from '#arrays/host';
import { createRandom } from '../src/core/random.ts';
import { initWeights } from '../src/models/llama-weights.ts';
import type { LlamaConfig } from '../src/models/llama.ts';
import { createClassifierTrainer } from '../src/models/runtimes/whitebox/train-classifier.ts';
import { createTrainer, type Trainer } from '../src/models/runtimes/whitebox/train.ts';
import type { TrainerOptions, TrainerState, TrainingStep } from '../src/models/language-model.ts';
import { readSafetensors, writeSafetensors, type Tensors } from '../src/models/safetensors.ts';
import { labeledBatches, lessonBatches } from './batches.ts';
import { config, guardConfig, seed, stages, type Recipe } from './recipe.ts';
import { writeSelfTest } from './self-test.ts';
import { buildTokenizer } from './tokenizer.ts';
import { readModelWeights, writeModel, writeWeights, type CurvePoint } from './write-model.ts';

const checkpointEvery = 100;
const cache = '.cache/training';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { fresh: { type: 'boolean' } },
});
const selected = stages.filter(({ id }) => positionals.length === 0 || positionals.includes(id));
if (selected.length === 0) {
  console.error(`Unknown model. Known: ${stages.map(({ id }) => id).join(', ')}.`);
  process.exit(2);
}

const device = await openDevice('wasm', allThreads());
const { files, tokenizer } = buildTokenizer();
for (const recipe of selected) await train(recipe);

async function train(recipe: Recipe): Promise<void> {
  const folder = join(cache, recipe.id);
  if (values.fresh) rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { trainer, trainStep } = setUp(recipe);
  const log = join(folder, 'loss.jsonl');
  const checkpoint = loadCheckpoint(folder);
  if (checkpoint) trainer.restore(checkpoint);
  const curve: CurvePoint[] = readCurve(log).slice(0, checkpoint?.step ?? 0);
  writeFileSync(log, curve.map((point) => `${JSON.stringify(point)}\n`).join(''));

  const startedAt = performance.now();
  const first = checkpoint?.step ?? 0;
  for (let step = first; step < recipe.steps; step++) {
    const { loss, gradNorm } = await trainStep(step);
    const point = { step, loss: Number(loss.toFixed(4)), gradNorm: Number(gradNorm.toFixed(3)) };
    curve.push(point);
    appendFileSync(log, `${JSON.stringify(point)}\n`);
    if (step % 10 === 9) {
      const msLeft = ((performance.now() - startedAt) / (step + 1 - first)) * (recipe.steps - step - 1);
      const recent = curve.slice(-10).reduce((sum, point) => sum + point.loss, 0) / 10;
      console.error(
        `${recipe.id} ${step + 1}/${recipe.steps} loss ${recent.toFixed(3)} ${Math.round(msLeft / 1000)} s left`,
      );
    }
    if ((step + 1) % checkpointEvery === 0) saveCheckpoint(folder, await trainer.state());
  }
  const weights = await trainer.weights();
  trainer.dispose();
  writeWeights(recipe.id, weights);
  if (recipe.draft) return;
  writeModel(recipe, files, curve);
  if (recipe.task === 'text-generation') await writeSelfTest(device, recipe.id, tokenizer);
}

interface TrainingSetup {
  readonly trainer: Pick<Trainer, 'state' | 'restore' | 'weights' | 'dispose'>;
  readonly trainStep: (step: number) => Promise<TrainingStep>;
}

/** A trainer with the recipe's first weights, fed with its lessons. */
function setUp(recipe: Recipe): TrainingSetup {
  const options: TrainerOptions = {
    learningRate: recipe.learningRate,
    schedule: { warmupSteps: recipe.warmupSteps, totalSteps: recipe.horizon ?? recipe.steps, floor: 0.05 },
    weightDecay: 0.05,
  };
  const name = `${seed}/${recipe.lessons ?? recipe.id}`;
  if (recipe.task === 'text-generation') {
    const trainer = createTrainer(device, config, initialWeights(recipe, config), options);
    const batches = lessonBatches(recipe.curriculum, tokenizer, name);
    return { trainer, trainStep: (step) => trainer.step(batches.at(step)) };
  }
  const trainer = createClassifierTrainer(device, guardConfig, initialWeights(recipe, guardConfig), options);
  const batches = labeledBatches(recipe.reads, tokenizer, name);
  return { trainer, trainStep: (step) => trainer.step(batches.at(step)) };
}

/** Fresh weights, replaced by those of the model that the recipe builds on where that has them. */
function initialWeights({ from }: Recipe, config: LlamaConfig): Tensors {
  const fresh = initWeights(config, createRandom(`${seed}/init`));
  const parent: Tensors = from === null ? new Map() : readModelWeights(from);
  return new Map([...fresh].map(([name, tensor]) => [name, parent.get(name) ?? tensor]));
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
