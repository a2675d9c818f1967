/**
 * @file One update's worth of work: rows of tokens, what they are to predict, further terms of the loss by their gradients,
 * and the gradients of all that is trained.
 */
import { groupedBy } from '../../../core/groups.ts';
import { disposeAll, Scope, type DeviceArray } from '../../arrays/array-device.ts';
import { turn } from '../../decoding/join.ts';
import type { HiddenGradient, Shifts } from '../../language-model.ts';
import type { LlamaConfig } from '../../llama.ts';
import { backToEmbeddings, disposeTrace, readLayersSaving, type Passing } from './backward.ts';
import { disposeCaches } from './caches.ts';
import { causalPlaces } from './context.ts';
import { lookUp, Pace, padRows, readLayers, type Engine } from './engine.ts';
import { addRows, lossGradients, placeRows, type Scored } from './loss.ts';
import { checkFits, gradientBytes, mustRecompute } from './memory.ts';
import { positionsPerRun } from './scoring.ts';
import { createShifts } from './shifts.ts';

/** Token ids of each row, not padded, and the tokens to predict. */
export interface Task {
  readonly rows: readonly ArrayLike<number>[];
  readonly predictions: readonly Prediction[];
  /** The loss is Σ weight·CE / normalizer. Default: the sum of the weights. */
  readonly normalizer?: number | undefined;
  /** Gradients of further terms of the loss with respect to hidden states. */
  readonly hidden?: readonly HiddenGradient[] | undefined;
  /** Added to the stream while the rows are read, by boundary: [rows · width, d] each, width that of the longest row. */
  readonly shifts?: Shifts | undefined;
}

/** Each position predicts once. */
export interface Prediction {
  readonly row: number;
  /** The position that predicts. */
  readonly at: number;
  readonly target: number;
  readonly weight: number;
}

type Rows = Task['rows'];

/** Of the longest row, with which all are padded. */
export const widthOf = (rows: Rows): number => rows.reduce((most, { length }) => Math.max(most, length), 2);

/** Run `work` with rows, embedded and placed. */
async function read<T>(
  engine: Engine,
  rows: Rows,
  work: (x: DeviceArray, passing: Passing, ids: Int32Array, scope: Scope) => Promise<T>,
): Promise<T> {
  await turn();
  const width = widthOf(rows);
  const ids = padRows(rows, rows.length, width);
  return Scope.with(async (scope) => {
    const shape = { rows: rows.length, length: width, start: 0 };
    const places = causalPlaces(engine.device, scope, engine.config, shape);
    const passing = { places, past: null, pace: new Pace({}) };
    return work(await lookUp(engine, ids), passing, ids, scope);
  });
}

export const scoredOf = ({ predictions, normalizer }: Task, width: number): Scored[] => {
  const sum = normalizer ?? predictions.reduce((total, { weight }) => total + weight, 0);
  return predictions.map(({ row, at, target, weight }) => ({
    at: row * width + at,
    target,
    weight: weight / sum,
  }));
};

/** `work` is lent the stream after the last layer, [rows · width, d]; `onBoundary` that at every boundary. */
export async function readRows<T>(
  engine: Engine,
  { rows, shifts }: Pick<Task, 'rows' | 'shifts'>,
  work: (x: DeviceArray, scope: Scope) => Promise<T>,
  onBoundary: (boundary: number, x: DeviceArray) => Promise<void> = async () => undefined,
): Promise<T> {
  const shifted = withShifts(engine, rows, shifts);
  try {
    return await read(shifted.engine, rows, async (embedded, { places, pace }, _ids, scope) => {
      let boundary = 0;
      const onInput = (x: DeviceArray) => onBoundary(boundary++, x);
      const { x, caches } = await readLayers(shifted.engine, embedded, places, { pace, onInput });
      disposeCaches(caches);
      scope.own(x);
      await onBoundary(boundary, x);
      return work(x, scope);
    });
  } finally {
    shifted.editor?.dispose();
  }
}

export interface Gradients {
  readonly loss: number;
  /** Of all that is trained, by name. */
  readonly gradients: Map<string, Float32Array>;
  /** Of the shifts, by boundary: [rows · width, d] each. */
  readonly ofShifts: ReadonlyMap<number, Float32Array>;
}

/**
 * The loss of the predictions, and the gradient of that and of the further terms.
 * @param wanted `input`: of the shifts alone
 */
export async function differentiate(
  original: Engine,
  task: Task,
  wanted: 'weights' | 'adapters' | 'input',
): Promise<Gradients> {
  const { device, config } = original;
  checkHidden(task, config);
  const { engine, editor } = withShifts(original, task.rows, task.shifts);
  const width = widthOf(task.rows);
  const ofShifts: ReadonlyMap<number, Float32Array> = editor?.gradients ?? new Map();
  try {
    return await read(engine, task.rows, async (embedded, passing, ids, scope) => {
      const gradients = new Map<string, Float32Array>();
      const predictions = Math.min(task.predictions.length, positionsPerRun(config));
      const shape = { rows: task.rows.length, length: width, predictions, wanted } as const;
      const recompute = mustRecompute(device, config, shape);
      const bytes = gradientBytes(config, { ...shape, recompute });
      checkFits(device, 'A training step', bytes, 'Train on fewer or shorter rows at a time.');
      const { x, trace } = await readLayersSaving(engine, embedded, passing, recompute);
      scope.own(x);
      try {
        const withWeights = wanted === 'weights';
        const { loss, dX, weights } = await lossGradients(engine, x, scoredOf(task, width), withWeights);
        const dEmbedded = await backToEmbeddings(engine, trace, dX, passing, {
          wanted,
          addAt: placeHidden(engine, task, scope),
          async onGradients(layer, named) {
            for (const [name, array] of Object.entries(named))
              gradients.set(`model.layers.${layer}.${name}`, await device.read(array));
            disposeAll(named);
          },
        });
        scope.own(dEmbedded);
        if (weights) {
          gradients.set('model.norm.weight', weights.norm);
          const table = tableGradient(config, ids, await device.read(dEmbedded));
          const tied = config.tieWordEmbeddings && !config.labels;
          if (tied) for (let i = 0; i < table.length; i++) table[i]! += weights.head[i]!;
          else gradients.set(config.labels ? 'score.weight' : 'lm_head.weight', weights.head);
          gradients.set('model.embed_tokens.weight', table);
        }
        return { loss, gradients, ofShifts };
      } finally {
        disposeTrace(trace);
      }
    });
  } finally {
    editor?.dispose();
  }
}

function withShifts(engine: Engine, rows: Rows, shifts: Shifts | undefined) {
  if (!shifts) return { engine, editor: null };
  const { device, config, programs } = engine;
  const shape = [rows.length * widthOf(rows), config.hiddenSize] as const;
  const editor = createShifts(device, programs, shifts, { layers: config.layers, shape });
  return { engine: { ...engine, edits: editor }, editor };
}

/** @throws RangeError for a gradient at no position of a row, or at no boundary */
function checkHidden({ rows, hidden = [] }: Task, { hiddenSize, layers }: LlamaConfig): void {
  const fits = ({ row, position, boundary, values }: HiddenGradient) =>
    position >= 0 &&
    position < (rows[row]?.length ?? 0) &&
    Number.isInteger(boundary) &&
    boundary >= 0 &&
    boundary <= layers &&
    values.length === hiddenSize;
  if (!hidden.every(fits)) throw new RangeError('A gradient of a hidden state fits no row or no boundary.');
}

/** Those of a task as the way back adds them, by boundary: [rows · width, d] each. */
function placeHidden(
  { device, config: { hiddenSize } }: Engine,
  { rows, hidden = [] }: Task,
  scope: Scope,
): ReadonlyMap<number, DeviceArray> {
  const width = widthOf(rows);
  const placed = new Map<number, DeviceArray>();
  for (const [boundary, some] of groupedBy(hidden, (one) => one.boundary)) {
    const values = new Float32Array(some.length * hiddenSize);
    some.forEach((one, i) => values.set(one.values, i * hiddenSize));
    const at = some.map(({ row, position }) => row * width + position);
    const count = rows.length * width;
    placed.set(boundary, scope.own(placeRows(device, values, hiddenSize, { at, count })));
  }
  return placed;
}

/** Adds up the gradients of each token's vector, [V, d]. */
function tableGradient(
  { hiddenSize, vocabSize }: LlamaConfig,
  ids: Int32Array,
  dEmbedded: Float32Array,
): Float32Array {
  const table = new Float32Array(vocabSize * hiddenSize);
  addRows(table, dEmbedded, hiddenSize, ids);
  return table;
}
