/** @file What a training takes of memory, before it starts. */
import type { TrainingData } from '../../core/training-data.ts';
import { rowOf } from '../../finetuning/parts/rows.ts';
import type { LlamaReader } from '../../models/llama-reader.ts';
import { parameterCount, weightShapes } from '../../models/llama-weights.ts';
import type { LlamaConfig } from '../../models/llama.ts';
import { projections } from '../../models/projections.ts';
import type { TrainingEstimate } from '../records/training.ts';
import type { ResolvedTraining } from './run-training.ts';
import { dataOf } from './training-data.ts';

/** Rows whose lengths are looked at. */
const mostRows = 300;
/** Of float32. */
const width = 4;

/** @throws LabError 'bad-input' for data that cannot be used, 'context-overflow' for an answer that does not fit */
export async function estimateTraining(
  training: ResolvedTraining,
  reader: LlamaReader,
): Promise<TrainingEstimate> {
  const { config } = reader;
  const { gradientBytes, trainerBytes } = await import('../../models/runtimes/whitebox/memory.ts');
  const { settings, options } = training;
  const length = longestRow(dataOf(training.plan), reader);
  const { adapters } = settings;
  const all = parameterCount(config);
  const trained = adapters ? adapterCount(config, adapters) : all;
  const trainer = adapters ? { device: width * trained, page: 3 * width * trained } : trainerBytes(config);
  const rows = rowsAtOnce(options);
  const gradients = gradientBytes(config, {
    ...{ rows, length, predictions: rows * (length - 1) },
    ...{ wanted: adapters ? 'adapters' : 'weights', recompute: false },
  });
  return {
    ...{ steps: settings.steps, trained },
    memoryBytes: width * all + trainer.device + trainer.page + gradients,
    checkpointBytes: 3 * width * trained,
  };
}

/** Of the largest batch that an update of the method reads side by side. */
function rowsAtOnce(options: Readonly<Record<string, unknown>>): number {
  const rows = Object.entries(options).flatMap(([name, value]) =>
    /^batchSize$|Rows$/.test(name) && typeof value === 'number' ? [value] : [],
  );
  return Math.max(8, ...rows);
}

function longestRow({ benign, requests, preferences }: TrainingData, reader: LlamaReader): number {
  const pairs = [
    ...benign.map(({ prompt, answer }) => [prompt, answer] as const),
    ...requests.flatMap(({ prompt, safe, harmful }) =>
      [...safe, ...harmful].map((answer) => [prompt, answer] as const),
    ),
    ...preferences.flatMap(({ prompt, chosen, rejected }) =>
      [chosen, rejected].map((answer) => [prompt, answer] as const),
    ),
  ];
  // The longest texts hold the longest rows.
  const size = ([prompt, answer]: (typeof pairs)[number]) =>
    answer.length + prompt.reduce((sum, { content }) => sum + content.length, 0);
  const longest = pairs.toSorted((a, b) => size(b) - size(a)).slice(0, mostRows);
  return longest.reduce(
    (most, [prompt, answer]) => Math.max(most, rowOf(reader, prompt, answer).ids.length),
    2,
  );
}

function adapterCount(
  config: LlamaConfig,
  { rank, projections: chosen = projections }: NonNullable<ResolvedTraining['settings']['adapters']>,
): number {
  let count = 0;
  for (const [name, [out = 0, inner = 0]] of weightShapes(config))
    if (chosen.some((projection) => name.endsWith(`.${projection}.weight`))) count += rank * (out + inner);
  return count;
}
