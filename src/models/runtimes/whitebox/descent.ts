/**
 * @file Gradient descent on −Σ weight · log p(target), with predictions read at chosen positions of a batch, and on terms
 * given by their gradients: the loss of a language model, and that of a sequence classifier. It changes all weights, or
 * adapters beside weights that stay.
 */
import type { ArrayDevice } from '../../arrays/array-device.ts';
import type { TrainerOptions, TrainerState, TrainingStep } from '../../language-model.ts';
import { checkWeights } from '../../llama-weights.ts';
import type { LlamaConfig } from '../../llama.ts';
import type { Tensors } from '../../safetensors.ts';
import { arrangeAdapters, initAdapters, uploadScale, type AdapterOptions } from './adapters.ts';
import { PrefixCache } from './caches.ts';
import { noEdits } from './edits.ts';
import { noAdapters, Pace, type Engine } from './engine.ts';
import { learningRateAt } from './learning-rate.ts';
import { addTo } from './loss.ts';
import { Parameters } from './parameters.ts';
import { Programs } from './programs.ts';
import { logProbsAt } from './scoring.ts';
import { differentiate, readRows, scoredOf, widthOf, type Task } from './task.ts';
import { arrangeWeights, type DeviceWeights } from './weights.ts';

type ReadTask = Pick<Task, 'rows' | 'shifts'>;

export interface Descent {
  /** One update, from the sum of the losses of the tasks, which are read one after the other. */
  step(tasks: readonly Task[]): Promise<TrainingStep>;
  evaluate(task: Task): Promise<number>;
  /** @returns log p(target) of each prediction, nats */
  logProbs(task: Task): Promise<Float32Array>;
  /** @returns by boundary, the stream of all rows, padded to the longest, [rows · width, d] */
  hiddenStates(task: ReadTask, boundaries: readonly number[]): Promise<ReadonlyMap<number, Float32Array>>;
  /** @returns the gradient of the shifts of a task, by boundary; nothing is updated */
  shiftGradients(task: Task): Promise<ReadonlyMap<number, Float32Array>>;
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

  const logProbs = (task: Task): Promise<Float32Array> =>
    readRows(engine, task, (x) => logProbsAt(engine, x, scoredOf(task, widthOf(task.rows)), new Pace({})));

  async function gradientsOf(tasks: readonly Task[]) {
    const wanted = withWeights ? 'weights' : 'adapters';
    const [first, ...others] = tasks;
    if (!first) throw new RangeError('A step needs a task.');
    const { loss, gradients } = await differentiate(engine, first, wanted);
    let sum = loss;
    for (const task of others) {
      const more = await differentiate(engine, task, wanted);
      sum += more.loss;
      for (const [name, values] of more.gradients) addTo(gradients.get(name)!, values);
    }
    return { loss: sum, gradients };
  }

  return {
    async step(tasks) {
      const { loss, gradients } = await gradientsOf(tasks);
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
    async hiddenStates(task, boundaries) {
      const states = new Map<number, Float32Array>();
      await readRows(
        engine,
        task,
        async () => undefined,
        async (boundary, x) => {
          if (boundaries.includes(boundary)) states.set(boundary, await device.read(x));
        },
      );
      return states;
    },
    shiftGradients: async (task) => (await differentiate(engine, task, 'input')).ofShifts,
    lastLogits: (rows) =>
      readRows(engine, { rows }, async (x, scope) => {
        const ends = rows.map(({ length }, row) => row * widthOf(rows) + length - 1);
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
