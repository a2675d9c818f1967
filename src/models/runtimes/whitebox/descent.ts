/**
 * @file Gradient descent on −Σ weight · log p(target), with predictions read at chosen positions of a batch: the loss
 * of a language model, and that of a sequence classifier. It changes all weights, or adapters beside weights that stay.
 */
import { disposeAll, Scope, type ArrayDevice, type DeviceArray } from '../../arrays/array-device.ts';
import { turn } from '../../decoding/join.ts';

import { checkWeights } from '../../llama-weights.ts';
import type { LlamaConfig } from '../../llama.ts';
import type { Tensors } from '../../safetensors.ts';
import { arrangeAdapters, initAdapters, uploadScale, type AdapterOptions } from './adapters.ts';
import { backToEmbeddings, disposeTrace, readLayersSaving, type Passing } from './backward.ts';
import { disposeCaches, PrefixCache } from './caches.ts';
import { causalPlaces } from './context.ts';
import { noEdits } from './edits.ts';
import { lookUp, noAdapters, Pace, padRows, readLayers, type Engine } from './engine.ts';
import { addRows, lossGradients, type Scored } from './loss.ts';
import { checkFits, gradientBytes, mustRecompute } from './memory.ts';
import { Parameters } from './parameters.ts';
import { Programs } from './programs.ts';
import { logProbsAt, positionsPerRun } from './scoring.ts';
import { learningRateAt, type TrainerOptions, type TrainerState, type TrainingStep } from './training.ts';
import { arrangeWeights, type DeviceWeights } from './weights.ts';

/** Token ids of each row, not padded, and the tokens to predict. */
export interface Task {
  readonly rows: readonly ArrayLike<number>[];
  readonly predictions: readonly Prediction[];
  /** The loss is Σ weight·CE / normalizer. Default: the sum of the weights. */
  readonly normalizer?: number | undefined;
}
/** Each position predicts once. */
export interface Prediction {
  readonly row: number;
  /** The position that predicts. */
  readonly at: number;
  readonly target: number;
  readonly weight: number;
}

export interface Descent {
  step(task: Task): Promise<TrainingStep>;
  evaluate(task: Task): Promise<number>;
  /** @returns log p(target) of each prediction, nats */
  logProbs(task: Task): Promise<Float32Array>;
  /** @returns the logits after the last token of each row */
  lastLogits(rows: Task['rows']): Promise<Float32Array[]>;
  /** Copies of what is trained. */
  values(): Tensors;
  state(): TrainerState;
  /** @throws LabError 'bad-model' if the state belongs to another configuration. */
  restore(state: TrainerState): void;
  dispose(): void;
}

/** What is trained: all weights of a model, or adapters beside weights on the device, which are lent. */
export type Trained =
  | { readonly weights: Tensors }
  | {
      readonly adapters: AdapterOptions;
      readonly beside: DeviceWeights;
      readonly from?: Tensors | undefined;
    };

/** @throws LabError 'bad-model' if weights are missing or misshapen. */
export function createDescent(
  device: ArrayDevice,
  config: LlamaConfig,
  trained: Trained,
  options: TrainerOptions,
): Descent {
  const withWeights = 'weights' in trained;
  const parameters = new Parameters(
    device,
    withWeights
      ? checkWeights(config, trained.weights)
      : (trained.from ?? initAdapters(config, trained.adapters)),
  );
  const programs = new Programs(device, config);
  const scale = withWeights ? null : uploadScale(device, trained.adapters);
  let steps = 0;
  const engine: Engine = {
    ...{ device, config, programs, soft: null, edits: noEdits, prefix: new PrefixCache() },
    limits: { id: 'trainer', vocabSize: config.vocabSize, contextWindow: config.maxPositions },
    inputVocabSize: config.vocabSize,
    weights: withWeights ? arrangeWeights(config, parameters.arrays) : trained.beside,
    adapters: withWeights ? noAdapters : arrangeAdapters(config, trained.adapters, parameters.arrays, scale!),
  };

  /** Run `work` with the rows of a task, embedded and placed. */
  async function read<T>(
    rows: Task['rows'],
    work: (x: DeviceArray, passing: Passing, width: number, ids: Int32Array, scope: Scope) => Promise<T>,
  ): Promise<T> {
    await turn();
    const width = rows.reduce((most, { length }) => Math.max(most, length), 2);
    const ids = padRows(rows, rows.length, width);
    return Scope.with(async (scope) => {
      const shape = { rows: rows.length, length: width, start: 0 };
      const places = causalPlaces(device, scope, config, shape);
      const passing = { places, past: null, pace: new Pace({}) };
      return work(await lookUp(engine, ids), passing, width, ids, scope);
    });
  }

  const scoredOf = ({ predictions, normalizer }: Task, width: number): Scored[] => {
    const sum = normalizer ?? predictions.reduce((total, { weight }) => total + weight, 0);
    return predictions.map(({ row, at, target, weight }) => ({
      at: row * width + at,
      target,
      weight: weight / sum,
    }));
  };

  /** The loss and its gradient with respect to all that is trained. */
  const differentiate = (task: Task): Promise<{ loss: number; gradients: Map<string, Float32Array> }> =>
    read(task.rows, async (embedded, passing, width, ids, scope) => {
      const gradients = new Map<string, Float32Array>();
      const wanted = withWeights ? 'weights' : 'adapters';
      const predictions = Math.min(task.predictions.length, positionsPerRun(config));
      const shape = { rows: task.rows.length, length: width, predictions, wanted } as const;
      const recompute = mustRecompute(device, config, shape);
      const bytes = gradientBytes(config, { ...shape, recompute });
      checkFits(device, 'A training step', bytes, 'Train on fewer or shorter rows at a time.');
      const { x, trace } = await readLayersSaving(engine, embedded, passing, recompute);
      scope.own(x);
      try {
        const { loss, dX, weights } = await lossGradients(engine, x, scoredOf(task, width), withWeights);
        const dEmbedded = await backToEmbeddings(engine, trace, dX, passing, {
          wanted,
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
        return { loss, gradients };
      } finally {
        disposeTrace(trace);
      }
    });

  const lastStream = <T>(
    rows: Task['rows'],
    work: (x: DeviceArray, width: number, scope: Scope) => Promise<T>,
  ) =>
    read(rows, async (embedded, { places, pace }, width, _ids, scope) => {
      const { x, caches } = await readLayers(engine, embedded, places, { pace });
      disposeCaches(caches);
      return work(scope.own(x), width, scope);
    });

  const logProbs = (task: Task): Promise<Float32Array> =>
    lastStream(task.rows, (x, width) => logProbsAt(engine, x, scoredOf(task, width), new Pace({})));

  return {
    async step(task) {
      const { loss, gradients } = await differentiate(task);
      const learningRate = learningRateAt(steps, options);
      steps += 1;
      return {
        loss,
        gradNorm: parameters.update(gradients, { learningRate, step: steps }, options),
        learningRate,
      };
    },
    async evaluate(task) {
      const values = await logProbs(task);
      return scoredOf(task, 0).reduce((sum, { weight }, i) => sum - weight * values[i]!, 0);
    },
    logProbs,
    lastLogits: (rows) =>
      lastStream(rows, async (x, width, scope) => {
        const ends = rows.map(({ length }, row) => row * width + length - 1);
        const at = scope.own(device.uploadInts([ends.length], ends));
        const { norm, head } = engine.weights;
        const { logits } = await programs.get('logits').run({ x, at, norm, head });
        const values = await device.read(scope.own(logits!));
        const size = values.length / rows.length;
        return rows.map((_, row) => values.slice(row * size, (row + 1) * size));
      }),
    values: () => parameters.values(),
    state() {
      const { first, second } = parameters.moments();
      return { step: steps, weights: parameters.values(), firstMoments: first, secondMoments: second };
    },
    restore(state) {
      const checked = (set: Tensors) => (withWeights ? checkWeights(config, set) : set);
      parameters.restore({
        values: checked(state.weights),
        first: checked(state.firstMoments),
        second: checked(state.secondMoments),
      });
      steps = state.step;
    },
    dispose() {
      parameters.dispose();
      scale?.dispose();
      programs.dispose();
    },
  };
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
