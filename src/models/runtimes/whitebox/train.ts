/**
 * @file Training of a Llama-family model: weighted cross-entropy, AdamW, clipping by the global norm.
 * Programs are compiled a layer at a time, for bucketed shapes, so that few are compiled.
 */
import { jit, numpy as np, tree } from '@jax-js/jax';
import { checkWeights, type LlamaConfig } from '../../llama.ts';
import type { Tensors } from '../../safetensors.ts';
import { causalContext, float32, int32 } from './context.ts';
import { chooseExecution } from './execution.ts';
import type { Arrays, Context, Saved } from './forward.ts';
import { createPrograms } from './programs.ts';
import { arrangeScored, bucket, padRows, type Scored } from './shapes.ts';
import { downloadWeights, finalOf, uploadWeights, type DeviceWeights } from './weights.ts';

export interface TrainerOptions {
  /** Peak learning rate. */
  readonly learningRate: number;
  /** Linear warm-up, then a cosine from the peak to `floor` times the peak. Default: constant. */
  readonly schedule?: {
    readonly warmupSteps: number;
    readonly totalSteps: number;
    /** Fraction of the peak at and after `totalSteps`. Default 0. */
    readonly floor?: number;
  };
  /** Decoupled; applies to matrices, not to norms and biases. Default 0. */
  readonly weightDecay?: number;
  /** Default 0.9. */
  readonly beta1?: number;
  /** Default 0.95. */
  readonly beta2?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
  /** Largest global gradient norm; larger gradients are scaled down to it. Default 1; Infinity turns it off. */
  readonly clipNorm?: number;
}

/** Rows of natural token sequences, padded on the right with any id. */
export interface TrainingBatch {
  /** Row-major, shape [B, T]. */
  readonly ids: Int32Array;
  /**
   * Shape [B, T]: how much predicting token (b, t) from the tokens before it counts. Prompt and padding: 0.
   * The first token of a row has nothing before it, so its weight is ignored. Weights may be negative.
   */
  readonly lossWeights: Float32Array;
  readonly shape: readonly [rows: number, length: number];
  /**
   * The loss is Σ weight·CE / normalizer. Default: the sum of the weights, which makes it a weighted mean.
   * With 1, a loss that is any function of row log-probs can be followed: take `logProbs`, differentiate by hand,
   * and pass minus the derivatives as weights.
   */
  readonly normalizer?: number;
}

export interface TrainingStep {
  /** Nats, before the update. */
  readonly loss: number;
  /** Global norm before clipping. */
  readonly gradNorm: number;
  readonly learningRate: number;
}

/** Everything needed to go on later, bit for bit on the same device. */
export interface TrainerState {
  /** Updates made so far. */
  readonly step: number;
  readonly weights: Tensors;
  readonly firstMoments: Tensors;
  readonly secondMoments: Tensors;
}

export interface Trainer {
  readonly config: LlamaConfig;
  /** One update. @throws RangeError if the batch's arrays do not fit its shape or no token has weight. */
  step(batch: TrainingBatch): Promise<TrainingStep>;
  /** Loss of a batch under the current weights; nothing is updated. */
  evaluate(batch: TrainingBatch): Promise<number>;
  /** @returns shape [B, T]: log p(token t | tokens before it), nats; 0 for the first token of each row. */
  logProbs(batch: Pick<TrainingBatch, 'ids' | 'shape'>): Promise<Float32Array>;
  /** Copies by Hugging Face name. */
  weights(): Promise<Tensors>;
  state(): Promise<TrainerState>;
  /** @throws LabError 'bad-model' if the state belongs to another configuration. */
  restore(state: TrainerState): void;
  /** Free all device memory. The trainer cannot be used afterwards. */
  dispose(): void;
}

export function learningRateAt(step: number, { learningRate, schedule }: TrainerOptions): number {
  if (!schedule) return learningRate;
  const { warmupSteps, totalSteps, floor = 0 } = schedule;
  if (step < warmupSteps) return (learningRate * (step + 1)) / warmupSteps;
  const progress = Math.min(1, (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps));
  return learningRate * (floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * progress)));
}

/** Which positions predict tokens of non-zero weight, in the order of the batch, as places in [height, width]. */
function scoredTokens({ ids, lossWeights, shape }: TrainingBatch, width: number): Scored[] {
  const [rows, length] = shape;
  const scored: Scored[] = [];
  for (let row = 0; row < rows; row++)
    for (let t = 1; t < length; t++) {
      const token = row * length + t;
      const weight = lossWeights[token]!;
      if (weight !== 0) scored.push({ position: row * width + t - 1, target: ids[token]!, weight });
    }
  return scored;
}

const zerosLike = (tensors: Tensors): Tensors =>
  new Map(
    [...tensors].map(([name, { shape, data }]) => [name, { shape, data: new Float32Array(data.length) }]),
  );

/**
 * A trainer that owns a copy of `weights` on jax-js's default device. `init()` must have run.
 * @throws LabError 'bad-model' if weights are missing or misshapen.
 */
export function createTrainer(config: LlamaConfig, weights: Tensors, options: TrainerOptions): Trainer {
  const { beta1 = 0.9, beta2 = 0.95 } = options;
  const checked = checkWeights(config, weights);
  let current = uploadWeights(config, checked);
  let first = uploadWeights(config, zerosLike(checked));
  let second = uploadWeights(config, zerosLike(checked));
  let steps = 0;
  const contexts = new Map<number, Context>();
  const programs = createPrograms(config);
  const execution = chooseExecution();
  const update = createUpdate(options);

  const contextFor = (width: number): Context => {
    let context = contexts.get(width);
    if (!context) contexts.set(width, (context = causalContext(config, width)));
    return context;
  };

  function place(batch: TrainingBatch) {
    const [rows, length] = batch.shape;
    if (batch.ids.length !== rows * length || batch.lossWeights.length !== rows * length)
      throw new RangeError(`A batch of shape [${rows}, ${length}] needs ${rows * length} ids and weights.`);
    // Finer than for scoring: training sees few shapes, and often.
    const [height, width] = [bucket(rows, 8), bucket(length, 8)];
    const scored = scoredTokens(batch, width);
    if (scored.length === 0) throw new RangeError('No token of the batch has a loss weight.');
    const normalizer = batch.normalizer ?? scored.reduce((sum, { weight }) => sum + weight, 0);
    // Few are gathered, in quarters of the bucket; many stay where they are, which saves the gather.
    const quarter = Math.ceil((height * width) / 4);
    const size = Math.ceil(scored.length / quarter) * quarter;
    const arranged = arrangeScored(scored, size, height * width);
    const lines = Array.from({ length: rows }, (_, row) =>
      batch.ids.subarray(row * length, (row + 1) * length),
    );
    return {
      context: contextFor(width),
      ids: int32(padRows(lines, height, width), [height, width]),
      positions: int32(arranged.positions),
      targets: int32(arranged.targets),
      weights: float32(arranged.weights.map((weight) => weight / normalizer)),
      slots: arranged.slots,
    };
  }

  /** The residual stream after the last layer. Consumes `ids`. */
  async function run(ids: np.Array, context: Context): Promise<np.Array> {
    let x = programs.embed(current.embedding.ref, ids);
    for (const layer of current.layers) {
      const out = programs.layer(tree.ref(layer), x, tree.ref(context));
      tree.dispose([out.keys, out.values]);
      x = await execution.settle(out.x);
    }
    return x;
  }

  /** The loss and its gradient with respect to every weight. Consumes the batch. */
  async function differentiate(batch: ReturnType<typeof place>): Promise<[loss: np.Array, DeviceWeights]> {
    const { context, ids, positions, targets } = batch;
    const saved: Saved[] = [];
    let x = programs.embed(current.embedding.ref, ids.ref);
    for (const layer of current.layers) {
      const out = programs.layerSaving(tree.ref(layer), x, tree.ref(context));
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
    for (const layer of [...current.layers].reverse()) {
      const out = programs.layerBackward(tree.ref(layer), saved.pop()!, tree.ref(context), dX);
      layers.unshift(out.dWeights);
      dX = await execution.settle(out.dInput);
    }
    const embedding = programs.embedBackward(current.embedding.ref, ids, dX);
    const { norm, head } = dFinal;
    if (!config.tieWordEmbeddings) return [loss, { layers, final: { norm, head }, embedding }];
    return [loss, { layers, final: { norm }, embedding: embedding.add(head) }];
  }

  return {
    config,
    async step(batch) {
      const [loss, gradients] = await differentiate(place(batch));
      const learningRate = learningRateAt(steps, options);
      steps += 1;
      const scalars = Float32Array.of(learningRate, 1 / (1 - beta1 ** steps), 1 / (1 - beta2 ** steps));
      const next = update({ current, first, second, gradients }, float32(scalars));
      ({ current, first, second } = next);
      const [lossValue] = await execution.read(loss);
      const [gradNorm] = await execution.read(next.norm);
      return { loss: lossValue!, gradNorm: gradNorm!, learningRate };
    },
    async evaluate(batch) {
      const { context, ids, positions, targets, weights } = place(batch);
      const x = await run(ids, context);
      const [loss] = await execution.read(programs.loss(finalOf(current), x, positions, targets, weights));
      return loss!;
    },
    async logProbs({ ids, shape }) {
      const [rows, length] = shape;
      const placed = place({ ids, shape, lossWeights: new Float32Array(ids.length).fill(1) });
      placed.weights.dispose();
      const x = await run(placed.ids, placed.context);
      const values = await execution.read(
        programs.logProbs(finalOf(current), x, placed.positions, placed.targets),
      );
      const out = new Float32Array(rows * length);
      placed.slots.forEach((slot, i) => {
        const row = Math.floor(i / (length - 1));
        out[i + row + 1] = values[slot]!;
      });
      return out;
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
      tree.dispose([current, first, second, ...contexts.values()]);
      contexts.clear();
      programs.dispose();
      update.dispose();
    },
  };
}

interface UpdateInput extends Record<string, DeviceWeights> {
  current: DeviceWeights;
  first: DeviceWeights;
  second: DeviceWeights;
  gradients: DeviceWeights;
}

/** AdamW with clipping by the global norm. scalars: [learning rate, bias corrections of first and second moment]. */
function createUpdate(options: TrainerOptions) {
  const { weightDecay = 0, beta1 = 0.9, beta2 = 0.95, epsilon = 1e-8, clipNorm = 1 } = options;
  return jit((input: UpdateInput, scalars: np.Array) => {
    const [rate, correct1, correct2] = [0, 1, 2].map((i) => scalars.ref.slice(i)) as [
      np.Array,
      np.Array,
      np.Array,
    ];
    scalars.dispose();
    const squares = tree.leaves<np.Array>(input.gradients as never).map((g) => np.sum(g.ref.mul(g.ref)));
    const norm = np.sqrt(squares.reduce((sum, square) => sum.add(square)));
    const clip = np.minimum(np.reciprocal(norm.ref.add(1e-6)).mul(clipNorm), 1);
    const groups = [input.current, input.first, input.second, input.gradients].map((group) =>
      tree.leaves<np.Array>(group as never),
    ) as [np.Array[], np.Array[], np.Array[], np.Array[]];
    const next = groups[0].map((old, i) => {
      const gradient = Number.isFinite(clipNorm) ? groups[3][i]!.mul(clip.ref) : groups[3][i]!;
      const first = groups[1][i]!.mul(beta1).add(gradient.ref.mul(1 - beta1));
      const second = groups[2][i]!.mul(beta2).add(gradient.ref.mul(gradient).mul(1 - beta2));
      const scale = np.reciprocal(np.sqrt(second.ref.mul(correct2.ref)).add(epsilon));
      const direction = first.ref.mul(correct1.ref).mul(scale);
      const decayed = old.ndim > 1 && weightDecay > 0 ? direction.add(old.ref.mul(weightDecay)) : direction;
      return { current: old.sub(decayed.mul(rate.ref)), first, second };
    });
    tree.dispose([clip, rate, correct1, correct2]);
    const shape = tree.structure(input.current as never);
    const regroup = (key: 'current' | 'first' | 'second') =>
      tree.unflatten(
        shape,
        next.map((entry) => entry[key]),
      ) as unknown as DeviceWeights;
    return { current: regroup('current'), first: regroup('first'), second: regroup('second'), norm };
  });
}
