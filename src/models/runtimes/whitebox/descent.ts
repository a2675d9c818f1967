/**
 * @file Gradient descent on −Σ weight · log p(target), with predictions read at chosen positions of a batch: the loss
 * of a language model, and that of a sequence classifier.
 * Programs are compiled per layer, for bucketed shapes, so that few are compiled.
 */
import { tree, type numpy as np } from '@jax-js/jax';
import { checkWeights } from '../../llama-weights.ts';
import type { LlamaConfig } from '../../llama.ts';
import type { Tensors } from '../../safetensors.ts';
import { createUpdate } from './adamw.ts';
import { causalContexts, type Contexts } from './context.ts';
import { float32, int32, chooseExecution } from './device.ts';
import { contextOf } from './engine.ts';
import type { Saved } from './backward.ts';
import type { Arrays } from './forward.ts';
import { createPrograms } from './programs.ts';
import { arrangeScored, bucket, padRows, type Scored } from './shapes.ts';
import { learningRateAt, type TrainerOptions, type TrainerState, type TrainingStep } from './training.ts';
import { downloadWeights, finalOf, uploadWeights, type DeviceWeights } from './weights.ts';

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
  weights(): Promise<Tensors>;
  state(): Promise<TrainerState>;
  restore(state: TrainerState): void;
  dispose(): void;
}

const zerosLike = (tensors: Tensors): Tensors =>
  new Map(
    [...tensors].map(([name, { shape, data }]) => [name, { shape, data: new Float32Array(data.length) }]),
  );

/**
 * Owns a copy of `weights` on jax-js's default device. `init()` must have run.
 * @throws LabError 'bad-model' if weights are missing or misshapen.
 */
export function createDescent(config: LlamaConfig, weights: Tensors, options: TrainerOptions): Descent {
  const { beta1 = 0.9, beta2 = 0.95 } = options;
  const checked = checkWeights(config, weights);
  let current = uploadWeights(config, checked);
  let first = uploadWeights(config, zerosLike(checked));
  let second = uploadWeights(config, zerosLike(checked));
  let steps = 0;
  const contextsByWidth = new Map<number, Contexts>();
  const programs = createPrograms(config);
  const execution = chooseExecution();
  const update = createUpdate(options);

  const contextsFor = (width: number): Contexts => {
    let contexts = contextsByWidth.get(width);
    if (!contexts) contextsByWidth.set(width, (contexts = causalContexts(config, width)));
    return contexts;
  };

  function layOut(rows: Task['rows']) {
    const longest = rows.reduce((most, { length }) => Math.max(most, length), 1);
    // Finer than for scoring: training uses few shapes, each of them often.
    const [height, width] = [bucket(rows.length, 8), bucket(longest, 8)];
    const ids = int32(padRows(rows, height, width), [height, width]);
    return { height, width, ids, contexts: contextsFor(width) };
  }

  function place({ rows, predictions, normalizer: fixedNormalizer }: Task) {
    const { height, width, ids, contexts } = layOut(rows);
    const normalizer = fixedNormalizer ?? predictions.reduce((sum, { weight }) => sum + weight, 0);
    const scored = predictions.map(({ row, at, target, weight }): Scored => ({
      position: row * width + at,
      target,
      weight,
    }));
    // A few predictions are gathered, in quarters of the bucket; many stay in place, which saves the gather.
    const quarter = Math.ceil((height * width) / 4);
    const size = Math.ceil(scored.length / quarter) * quarter;
    const arranged = arrangeScored(scored, size, height * width);
    return {
      contexts,
      ids,
      positions: int32(arranged.positions),
      targets: int32(arranged.targets),
      weights: float32(arranged.weights.map((weight) => weight / normalizer)),
      slots: arranged.slots,
    };
  }

  /** The residual stream after the last layer. Consumes `ids`. */
  async function run(ids: np.Array, contexts: Contexts): Promise<np.Array> {
    let x = programs.embed(current.embedding.ref, ids);
    for (const [i, layer] of current.layers.entries()) {
      const out = programs.layer(tree.ref(layer), x, contextOf({ config }, contexts, i));
      tree.dispose([out.keys, out.values]);
      x = await execution.settle(out.x);
    }
    return x;
  }

  /** The loss and its gradient with respect to every weight. Consumes the batch. */
  async function differentiate(batch: ReturnType<typeof place>): Promise<[loss: np.Array, DeviceWeights]> {
    const { contexts, ids, positions, targets } = batch;
    const saved: Saved[] = [];
    let x = programs.embed(current.embedding.ref, ids.ref);
    for (const [i, layer] of current.layers.entries()) {
      const out = programs.layerSaving(tree.ref(layer), x, contextOf({ config }, contexts, i));
      saved.push(out.saved);
      x = await execution.settle(out.x);
    }
    const [loss, [dFinal, dLast]] = programs.lossGradients(
      finalOf(current),
      x,
      positions,
      targets,
      batch.weights,
    );
    let dX = dLast;
    const layers: Arrays[] = [];
    for (const [i, layer] of [...current.layers.entries()].reverse()) {
      const context = contextOf({ config }, contexts, i);
      const out = programs.layerBackward(tree.ref(layer), saved.pop()!, context, dX);
      layers.unshift(out.dWeights);
      dX = await execution.settle(out.dInput);
    }
    const embedding = programs.embedBackward(current.embedding.ref, ids, dX);
    const { norm, head } = dFinal;
    if (current.final['head']) return [loss, { layers, final: { norm, head }, embedding }];
    return [loss, { layers, final: { norm }, embedding: embedding.add(head) }];
  }

  return {
    async step(task) {
      const [loss, gradients] = await differentiate(place(task));
      const learningRate = learningRateAt(steps, options);
      steps += 1;
      const scalars = Float32Array.of(learningRate, 1 / (1 - beta1 ** steps), 1 / (1 - beta2 ** steps));
      const next = update({ current, first, second, gradients }, float32(scalars));
      ({ current, first, second } = next);
      const [lossValue] = await execution.read(loss);
      const [gradNorm] = await execution.read(next.norm);
      return { loss: lossValue!, gradNorm: gradNorm!, learningRate };
    },
    async evaluate(task) {
      const { contexts, ids, positions, targets, weights } = place(task);
      const x = await run(ids, contexts);
      const [loss] = await execution.read(programs.loss(finalOf(current), x, positions, targets, weights));
      return loss!;
    },
    async logProbs(task) {
      const { contexts, ids, positions, targets, weights, slots } = place(task);
      weights.dispose();
      const x = await run(ids, contexts);
      const values = await execution.read(programs.logProbs(finalOf(current), x, positions, targets));
      return Float32Array.from(slots, (slot) => values[slot]!);
    },
    async lastLogits(rows) {
      const { height, width, ids, contexts } = layOut(rows);
      const ends = Array.from({ length: height }, (_, row) => row * width + (rows[row]?.length ?? 1) - 1);
      const x = await run(ids, contexts);
      const logits = await execution.read(programs.logits(finalOf(current), x, int32(ends)));
      const size = logits.length / height;
      return rows.map((_, row) => logits.slice(row * size, (row + 1) * size));
    },
    weights: () => downloadWeights(config, current),
    async state() {
      const [weights, firstMoments, secondMoments] = await Promise.all([
        downloadWeights(config, current),
        downloadWeights(config, first),
        downloadWeights(config, second),
      ]);
      return { step: steps, weights, firstMoments, secondMoments };
    },
    restore(state) {
      const sets = [state.weights, state.firstMoments, state.secondMoments].map((set) =>
        checkWeights(config, set),
      );
      tree.dispose([current, first, second]);
      [current, first, second] = sets.map((set) => uploadWeights(config, set)) as [
        DeviceWeights,
        DeviceWeights,
        DeviceWeights,
      ];
      steps = state.step;
    },
    dispose() {
      tree.dispose([current, first, second, ...[...contextsByWidth.values()].flat()]);
      contextsByWidth.clear();
      programs.dispose();
      update.dispose();
    },
  };
}
