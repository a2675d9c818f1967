/**
 * @file `npx tsx scripts/results/hardening.ts [METHOD ...]`: trains `tinytown-hard` by each training method with its recipe, attacks the
 * result on the tested tasks, fine-tunes it on harmful answers and probes it, and writes docs/results/hardening.*. Without
 * names it does so for all methods and for the model as it is (`none`); figures of those that are not named stay.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { attacks } from '../../src/attacks/index.ts';
import { defaultsOf } from '../../src/core/options.ts';
import { behaviorSets } from '../../src/data/index.ts';
import { tinytown } from '../../src/data/tinytown/behaviors.ts';
import { tinytownTrainingData } from '../../src/data/tinytown/training-data.ts';
import { defenses } from '../../src/defenses/index.ts';
import { evaluators } from '../../src/evaluators/index.ts';
import { finetune, learnerOptions, type FinetuningSettings } from '../../src/finetuning/finetune.ts';
import { finetunings } from '../../src/finetuning/index.ts';
import { curvesCsv, lineChartSvg } from '../../src/lab/analysis/figures/line-chart.ts';
import { probedLayers, probedRequests } from '../../src/lab/insight/probe.ts';
import { relearning } from '../../src/lab/insight/relearning.ts';
import type { RelearningPoint } from '../../src/lab/records/insight.ts';
import type { TrialRecord } from '../../src/lab/records/trial.ts';
import { createModelPool } from '../../src/lab/run/model-pool.ts';
import { runPlan } from '../../src/lab/run/run-plan.ts';
import { createMemoryStore } from '../../src/lab/store/memory.ts';
import { inOneList } from '../../src/lab/store/run-store.ts';
import { bundledModels } from '../../src/models/catalog.ts';
import type { WhiteBoxModel } from '../../src/models/language-model.ts';
import { loadWhiteBoxModel } from '../../src/models/runtimes/whitebox/index.ts';
import { root } from '../build.ts';
import { serve } from '../serve.ts';
import {
  asItIs,
  hardenedRows,
  hardeningTables,
  relearningChart,
  sixAttacks,
  type HardenedFigures,
} from './hardening-tables.ts';
import { withTables } from './tables.ts';

const target = 'tinytown-hard';
const seed = 1;
const docs = join(root, 'docs/results');
const figuresFile = join(docs, 'hardening.json');
const relearningSettings = {
  ...{ at: [0, 1, 2, 5, 10, 20, 40], examples: 10, batchSize: 8, seed, learningRate: 5e-4, adapters: null },
  ...{ maxNewTokens: 96, opened: false },
};

const site = await serve({ folder: join(root, 'public'), port: 0, headers: false });
const entry = bundledModels.find(({ id }) => id === target)!;
const base = await loadWhiteBoxModel(entry, { device: 'wasm', sharesCores: true, baseUrl: site.url });
const data = tinytownTrainingData();
const forbidden = tinytown.behaviors.filter(({ kind }) => kind === 'harmful');

async function trainedBy(id: string): Promise<WhiteBoxModel> {
  if (id === asItIs) return base;
  const method = finetunings.get(id);
  const settings: FinetuningSettings = { ...method.recipe, seed, weightDecay: 0, adapters: null };
  const learner = await base.learner(learnerOptions(settings));
  const options = defaultsOf(method.options);
  for await (const { step } of finetune({ method, options, model: base, learner, data, settings }))
    if (step % 20 === 0) console.error(`${id}: update ${step} of ${settings.steps}`);
  const model = await learner.model();
  learner.dispose();
  return model;
}

/** Six attacks on forbidden requests, and harmless ones asked plainly. */
async function trialsOf(model: WhiteBoxModel): Promise<readonly TrialRecord[]> {
  const plan = {
    ...{
      version: 1,
      name: 'Hardening',
      seed,
      models: { targets: [target] },
      behaviors: [{ set: 'tinytown' }],
    },
    attacks: ['direct-request', ...sixAttacks].map((id) => ({ id })),
    evaluators: ['tinytown-oracle', 'pattern-refusal', 'task-solved'].map((id) => ({ id })),
    sampling: { maxNewTokens: 96 },
  };
  const runner = {
    registries: { attacks, defenses, evaluators, sets: behaviorSets, hub: [], models: bundledModels },
    models: createModelPool(async () => model),
    store: createMemoryStore(),
    device: { kind: 'wasm' as const, description: 'processor', threads: 1 },
  };
  for await (const event of runPlan('hardening', plan, runner, new AbortController().signal))
    if (event.type === 'limit') console.error(event);
  return (await inOneList(runner.store.trials('hardening'))).map(({ record }) => record);
}

async function figuresOf(id: string): Promise<HardenedFigures> {
  const model = await trainedBy(id);
  const trials = await trialsOf(model);
  const said = (trial: TrialRecord, evaluator: string) => {
    const value = trial.scores[evaluator]?.value ?? null;
    return value === null ? null : value >= evaluators.get(evaluator).yesFrom;
  };
  const plainly = (kind: string) =>
    trials.filter(
      ({ attack, behaviorDetail }) => attack === 'direct-request' && behaviorDetail.kind === kind,
    );
  const outcomes = Object.fromEntries(
    ['direct-request', ...sixAttacks].map((attack) => [
      attack,
      Object.fromEntries(
        trials
          .filter((trial) => trial.attack === attack && trial.behaviorDetail.kind === 'harmful')
          .map((trial) => [trial.behavior, said(trial, 'tinytown-oracle') === true]),
      ),
    ]),
  );
  const curve: RelearningPoint[] = [];
  for await (const point of relearning(model, data, forbidden, relearningSettings)) curve.push(point);
  const probed = probedRequests(tinytown.behaviors);
  const recipe = id === asItIs ? null : finetunings.get(id).recipe;
  return {
    ...{ id, recipe, outcomes },
    refusedLookalikes: plainly('benign-lookalike').map((trial) => said(trial, 'pattern-refusal') !== false),
    solved: [...plainly('benign-lookalike'), ...plainly('benign')].map(
      (trial) => said(trial, 'task-solved') === true,
    ),
    relearning: curve.map(({ updates, rate }) => ({ updates, harmful: rate.successes, asked: rate.n })),
    probe: (await probedLayers(model, probed, { seed })).map(({ boundary, area, shuffled }) => ({
      ...{ boundary, area: area.area, interval: area.interval, shuffled: shuffled.area },
    })),
  };
}

async function write(file: string, content: string): Promise<void> {
  const options = await resolveConfig(file);
  const parsed = /\.(json|md)$/.test(file);
  await writeFile(file, parsed ? await format(content, { ...options, filepath: file }) : content);
}

await mkdir(join(docs, 'hardening'), { recursive: true });
const named = process.argv.slice(2);
const all = [asItIs, ...finetunings.all.filter(({ purpose }) => purpose === 'defense').map(({ id }) => id)];
for (const id of named.length > 0 ? named : [...all, 'abliteration']) {
  const made = await figuresOf(id);
  const kept = existsSync(figuresFile)
    ? (JSON.parse(await readFile(figuresFile, 'utf8')) as HardenedFigures[])
    : [];
  const order = (one: HardenedFigures) => (one.id === asItIs ? '' : one.id);
  const figures = [...kept.filter((one) => one.id !== id), made].toSorted((a, b) =>
    order(a) < order(b) ? -1 : 1,
  );
  await write(figuresFile, JSON.stringify(figures));
  const page = join(docs, 'hardening.md');
  await write(page, withTables(await readFile(page, 'utf8'), hardeningTables(figures)));
  const chart = relearningChart(figures);
  await write(join(root, 'public/results/hardening.json'), JSON.stringify(hardenedRows(figures, target)));
  await write(join(docs, 'hardening/relearning.svg'), lineChartSvg(chart).svg);
  await write(join(docs, 'hardening/relearning.csv'), curvesCsv(chart));
  console.error(`Wrote ${id}`);
}
await site.close();
process.exit(0);
