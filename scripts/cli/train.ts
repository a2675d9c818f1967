/** @file `train`: fine-tunes a model in a folder, or goes on there. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { finetunings } from '../../src/finetuning/index.ts';
import { parseTrainingPlan, type TrainingPlan } from '../../src/lab/plan/training-plan.ts';
import type { TrainingEvent, TrainingResult } from '../../src/lab/records/training.ts';
import type { DeviceKind } from '../../src/lab/records/run.ts';
import { infoPath } from '../../src/lab/training/kept-training.ts';
import { resolveTraining } from '../../src/lab/training/run-training.ts';
import { dataOf } from '../../src/lab/training/training-data.ts';
import { shippedData } from '../../src/data/training-data.ts';
import { readOptions } from './choices.ts';
import { CommandError, badUsage, readInput, readLongInput, valueOf } from './failure.ts';
import { checkModelIds, withModelIds, type NamingOptions } from './models/named.ts';
import { inSession } from './session.ts';
import { trainingDataIn } from './training-data-file.ts';
import { diskFolder, type DiskFolder } from './training-folder.ts';

export interface TrainChoices extends NamingOptions {
  readonly model: string;
  readonly data: string;
  /** `value=kind`. */
  readonly label: readonly string[];
  readonly option: readonly string[];
  readonly out: string;
  readonly resume?: true;
  readonly at?: number;
  readonly seed: number;
  readonly steps?: number;
  readonly learningRate?: number;
  readonly warmup?: number;
  readonly weightDecay?: number;
  readonly rank?: number;
  readonly alpha?: number;
  readonly projection: readonly string[];
  readonly evaluateEvery?: number;
  readonly heldOut?: number;
  readonly checkpointEvery?: number;
  readonly patience?: number;
  readonly device: DeviceKind;
  readonly json?: true;
}

export async function train(id: string, given: TrainChoices): Promise<void> {
  const options = await readLongInput(() => withModelIds({ ...given, role: [] }));
  const data = await readLongInput(() => dataFor(options));
  const plan = readInput(() => planOf(id, options, data));
  const folder = readInput(() => folderFor(options));
  const onEvent = (events: unknown) => {
    for (const event of events as readonly TrainingEvent[]) print(event, options.json === true);
  };
  const session = { onEvent, models: [plan.model], folder };
  const result = await inSession(options.device, session, async (page) => {
    const stop = () => void page.evaluate(() => globalThis.glovebox!.stop()).catch(() => {});
    process.once('SIGINT', stop);
    try {
      const call = { plan, at: options.at };
      return valueOf(await page.evaluate(({ plan, at }) => globalThis.glovebox!.train(plan, at), call));
    } catch (error) {
      console.error(`Checkpoints are in ${options.out}; --resume continues after the last one.`);
      throw error;
    } finally {
      process.off('SIGINT', stop);
    }
  });
  report(result, options);
}

/** @throws LabError or CommandError that names what is wrong */
function planOf(id: string, options: TrainChoices, data: unknown): TrainingPlan {
  const method = finetunings.get(id);
  const { rank, alpha, projection } = options;
  if (rank === undefined && (alpha !== undefined || projection.length > 0))
    throw badUsage('--alpha and --projection are of adapters.', 'Give --rank too, or leave them out.');
  const plan = parseTrainingPlan({
    ...{ version: 1, seed: options.seed, model: options.model },
    method: { id, options: readOptions(method.options, options.option) },
    data,
    ...{ steps: options.steps, learningRate: options.learningRate, warmupSteps: options.warmup },
    ...{ weightDecay: options.weightDecay, evaluateEvery: options.evaluateEvery, heldOut: options.heldOut },
    ...{ checkpointEvery: options.checkpointEvery, patience: options.patience },
    ...(rank !== undefined && {
      adapters: { rank, alpha, ...(projection.length > 0 && { projections: projection }) },
    }),
  });
  checkModelIds([plan.model]);
  resolveTraining(plan);
  dataOf(plan);
  return plan;
}

/** The name of data that ships with the lab, or what a file holds. @throws LabError or CommandError */
async function dataFor({ data, label }: TrainChoices): Promise<unknown> {
  if (Object.hasOwn(shippedData, data)) {
    if (label.length === 0) return data;
    throw badUsage('--label is about a file.', 'Leave it out, or name a file: --data file.csv.');
  }
  if (existsSync(data)) return trainingDataIn(data, label);
  throw badUsage(
    `There is no training data "${data}", and no file of that name.`,
    `Name a file, or one of ${Object.keys(shippedData).join(', ')}.`,
  );
}

/** @throws CommandError for a folder that holds a training already, unless it is to go on */
function folderFor({ out, resume, at }: TrainChoices): DiskFolder {
  const folder = diskFolder(out);
  if (at !== undefined && !resume) throw badUsage('--at goes on from a checkpoint.', 'Give --resume too.');
  if (resume || !existsSync(join(out, infoPath))) return folder;
  throw new CommandError(
    2,
    `${out} holds a training already.`,
    'Continue it with --resume, or name another folder.',
  );
}

function print(event: TrainingEvent, json: boolean): void {
  if (json) return void (event.type !== 'begin' && console.log(JSON.stringify(event)));
  if (event.type === 'note') console.error(event.message);
  if (event.type === 'step') {
    const figures = Object.entries(event.figures).map(([name, value]) => `${name} ${value.toFixed(3)}`);
    console.error(
      `${event.step}/${event.steps}, ${figures.join(', ')}, gradient ${event.gradNorm.toFixed(2)}, ` +
        `about ${Math.ceil(event.leftMs / 1000)} s left`,
    );
  }
  if (event.type !== 'evaluation') return;
  const losses = Object.entries(event.losses).map(
    ([kind, loss]) => `${kind} ${loss === null ? '–' : loss.toFixed(3)}`,
  );
  console.error(`held out after ${event.step}: ${losses.join(', ')}`);
}

function report(result: TrainingResult, { out, json }: TrainChoices): void {
  const { model, steps, elapsedMs } = result;
  if (json) return console.log(JSON.stringify({ result: { model, steps, elapsedMs } }));
  console.log(
    `${model}: ${steps} updates in ${(elapsedMs / 1000).toFixed(1)} s. Its files are in ${join(out, 'model')}.`,
  );
}
