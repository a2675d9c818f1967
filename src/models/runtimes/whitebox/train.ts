/**
 * @file Training of a Llama-family model: weighted cross-entropy, AdamW, clipping by the global norm.
 * Forward, backward and update are one compiled program a shape; shapes are bucketed so that few are compiled.
 */
import { jit, lax, numpy as np, tree, valueAndGrad } from '@jax-js/jax';
import { checkWeights, type LlamaConfig } from '../../llama.ts';
import type { Tensors } from '../../safetensors.ts';
import {
  causalContext,
  downloadWeights,
  embed,
  finalNorm,
  head,
  layers,
  uploadWeights,
  type Context,
  type Parameters,
} from './forward.ts';
import { bucket } from './shapes.ts';

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

/** What one compiled step reads and replaces. */
interface DeviceState extends Record<string, Parameters> {
  parameters: Parameters;
  first: Parameters;
  second: Parameters;
}

/** A batch on the device. N = B·T positions in the bucket, M ≤ N positions that are scored. */
interface DeviceBatch extends Record<string, np.Array> {
  /** [B, T] */
  ids: np.Array;
  /** [M], flat index of the position that predicts; not read when M = N. */
  positions: np.Array;
  /** [M], the token it should predict. */
  targets: np.Array;
  /** [M] */
  weights: np.Array;
}

export function learningRateAt(step: number, { learningRate, schedule }: TrainerOptions): number {
  if (!schedule) return learningRate;
  const { warmupSteps, totalSteps, floor = 0 } = schedule;
  if (step < warmupSteps) return (learningRate * (step + 1)) / warmupSteps;
  const progress = Math.min(1, (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps));
  return learningRate * (floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * progress)));
}

/**
 * Log-probs of `targets` at `positions`, shape [M]. Borrows parameters and context, consumes the batch.
 * The target's logit is a dot product with its row of the head, not a gather from the logits: its gradient then
 * touches M rows of the head instead of an [M, V] array.
 */
function targetLogProbs(
  config: LlamaConfig,
  parameters: Parameters,
  { ids, positions, targets }: Pick<DeviceBatch, 'ids' | 'positions' | 'targets'>,
  context: Context,
): np.Array {
  const [rows, length] = ids.shape as [number, number];
  const count = targets.size;
  const outputs = layers(config, parameters, embed(parameters, ids), context).reshape([
    rows * length,
    config.hiddenSize,
  ]);
  const inPlace = count === rows * length;
  if (inPlace) positions.dispose();
  const scored = finalNorm(config, parameters, inPlace ? outputs : outputs.slice(positions));
  const logits = np.matmul(scored.ref, head(parameters).ref.transpose());
  const max = lax.stopGradient(np.max(logits.ref, -1, { keepdims: true }));
  const normalizers = np.log(np.sum(np.exp(logits.sub(max.ref)), -1)).add(max.reshape([count]));
  return np.sum(scored.mul(head(parameters).ref.slice(targets)), -1).sub(normalizers);
}

/**
 * Which positions predict tokens of non-zero weight. Few of them are gathered, padded to quarters of the bucket;
 * many stay where they are, which saves the gather.
 * @returns also `slots`: where each scored token went, in the order of the batch
 */
function scoredPositions({ ids, lossWeights, shape }: TrainingBatch, width: number, capacity: number) {
  const [rows, length] = shape;
  const found: { position: number; token: number }[] = [];
  for (let row = 0; row < rows; row++)
    for (let t = 1; t < length; t++)
      if (lossWeights[row * length + t] !== 0)
        found.push({ position: row * width + t - 1, token: row * length + t });
  const quarter = Math.ceil(capacity / 4);
  const size = Math.min(capacity, Math.ceil(found.length / quarter) * quarter);
  const inPlace = size === capacity;
  const positions = new Int32Array(size);
  const targets = new Int32Array(size);
  const weights = new Float32Array(size);
  const slots = found.map(({ position, token }, i) => {
    const slot = inPlace ? position : i;
    positions[slot] = position;
    targets[slot] = ids[token]!;
    weights[slot] = lossWeights[token]!;
    return slot;
  });
  return { positions, targets, weights, slots };
}

/** Copy [rows, length] values into the corner of a zero [height, width] array. */
function intoBucket(
  ids: Int32Array,
  [rows, length]: readonly [number, number],
  height: number,
  width: number,
) {
  const out = new Int32Array(height * width);
  for (let row = 0; row < rows; row++) out.set(ids.subarray(row * length, (row + 1) * length), row * width);
  return np.array(out, { shape: [height, width], dtype: np.int32 });
}

const vector = (data: Int32Array | Float32Array): np.Array =>
  np.array(data as Float32Array<ArrayBuffer>, { dtype: data instanceof Int32Array ? np.int32 : np.float32 });

/**
 * A trainer that owns a copy of `weights` on jax-js's default device. `init()` must have run.
 * @throws LabError 'bad-model' if weights are missing or misshapen.
 */
export function createTrainer(config: LlamaConfig, weights: Tensors, options: TrainerOptions): Trainer {
  const { weightDecay = 0, beta1 = 0.9, beta2 = 0.95, epsilon = 1e-8, clipNorm = 1 } = options;
  const zeros = (): Tensors =>
    new Map(
      [...checked].map(([name, { shape, data }]) => [name, { shape, data: new Float32Array(data.length) }]),
    );
  const checked = checkWeights(config, weights);
  let device: DeviceState = {
    parameters: uploadWeights(checked),
    first: uploadWeights(zeros()),
    second: uploadWeights(zeros()),
  };
  let steps = 0;
  const contexts = new Map<number, Context>();

  const loss = (
    parameters: Parameters,
    { weights, ...batch }: DeviceBatch,
    scale: np.Array,
    context: Context,
  ) =>
    np
      .sum(targetLogProbs(config, parameters, batch as DeviceBatch, context).mul(weights))
      .mul(scale)
      .neg();

  /** scalars: [1 / normalizer, learning rate, bias corrections of the first and second moment]. */
  const update = jit((state: DeviceState, batch: DeviceBatch, scalars: np.Array, context: Context) => {
    const [scale, rate, correct1, correct2] = [0, 1, 2, 3].map((i) => scalars.ref.slice(i)) as [
      np.Array,
      np.Array,
      np.Array,
      np.Array,
    ];
    scalars.dispose();
    const [value, gradients] = valueAndGrad((parameters: Parameters) =>
      loss(parameters, batch, scale, context),
    )(tree.ref(state.parameters)) as [np.Array, Parameters];
    const names = Object.keys(gradients);
    const squares = names.map((name) => np.sum(gradients[name]!.ref.mul(gradients[name]!.ref)));
    const norm = np.sqrt(squares.reduce((sum, square) => sum.add(square)));
    const clip = Number.isFinite(clipNorm)
      ? np.minimum(np.reciprocal(norm.ref.add(1e-6)).mul(clipNorm), 1)
      : np.onesLike(norm.ref);
    const next: DeviceState = { parameters: {}, first: {}, second: {} };
    for (const name of names) {
      const old = state.parameters[name]!;
      const gradient = gradients[name]!.mul(clip.ref);
      const first = state.first[name]!.mul(beta1).add(gradient.ref.mul(1 - beta1));
      const second = state.second[name]!.mul(beta2).add(gradient.ref.mul(gradient).mul(1 - beta2));
      const scaled = np.sqrt(second.ref.mul(correct2.ref)).add(epsilon);
      const direction = first.ref.mul(correct1.ref).mul(np.reciprocal(scaled));
      const decayed = old.ndim > 1 && weightDecay > 0 ? direction.add(old.ref.mul(weightDecay)) : direction;
      next.parameters[name] = old.sub(decayed.mul(rate.ref));
      next.first[name] = first;
      next.second[name] = second;
    }
    tree.dispose([clip, rate, correct1, correct2]);
    return [next, value, norm] as [DeviceState, np.Array, np.Array];
  });

  const measure = jit((parameters: Parameters, batch: DeviceBatch, scale: np.Array, context: Context) =>
    loss(parameters, batch, scale, context),
  );
  const score = jit((parameters: Parameters, batch: DeviceBatch, context: Context) =>
    targetLogProbs(config, parameters, batch, context),
  );

  const contextFor = (width: number): Context => {
    let context = contexts.get(width);
    if (!context) contexts.set(width, (context = causalContext(config, width)));
    return tree.ref(context);
  };

  function place(batch: TrainingBatch) {
    const [rows, length] = batch.shape;
    if (batch.ids.length !== rows * length || batch.lossWeights.length !== rows * length)
      throw new RangeError(`A batch of shape [${rows}, ${length}] needs ${rows * length} ids and weights.`);
    const [height, width] = [bucket(rows), bucket(length)];
    const scored = scoredPositions(batch, width, height * width);
    if (scored.slots.length === 0) throw new RangeError('No token of the batch has a loss weight.');
    return {
      width,
      slots: scored.slots,
      normalizer: batch.normalizer ?? scored.weights.reduce((sum, weight) => sum + weight, 0),
      batch: {
        ids: intoBucket(batch.ids, batch.shape, height, width),
        positions: vector(scored.positions),
        targets: vector(scored.targets),
        weights: vector(scored.weights),
      } satisfies DeviceBatch,
    };
  }

  return {
    config,
    async step(batch) {
      const placed = place(batch);
      const learningRate = learningRateAt(steps, options);
      steps += 1;
      const scalars = vector(
        Float32Array.of(
          1 / placed.normalizer,
          learningRate,
          1 / (1 - beta1 ** steps),
          1 / (1 - beta2 ** steps),
        ),
      );
      const [next, loss, norm] = update(device, placed.batch, scalars, contextFor(placed.width));
      device = next;
      const [[lossValue], [normValue]] = (await Promise.all([loss.data(), norm.data()])) as [
        Float32Array,
        Float32Array,
      ];
      return { loss: lossValue!, gradNorm: normValue!, learningRate };
    },
    async evaluate(batch) {
      const placed = place(batch);
      const scale = np.array(1 / placed.normalizer, { dtype: np.float32 });
      const loss = measure(tree.ref(device.parameters), placed.batch, scale, contextFor(placed.width));
      return (await loss.data())[0]!;
    },
    async logProbs({ ids, shape }) {
      const [rows, length] = shape;
      const placed = place({ ids, shape, lossWeights: new Float32Array(ids.length).fill(1) });
      placed.batch.weights.dispose();
      const { weights: _, ...batch } = placed.batch;
      const values = await score(
        tree.ref(device.parameters),
        batch as DeviceBatch,
        contextFor(placed.width),
      ).data();
      const out = new Float32Array(rows * length);
      placed.slots.forEach((slot, i) => {
        const row = Math.floor(i / (length - 1));
        out[i + row + 1] = values[slot]!;
      });
      return out;
    },
    weights: () => downloadWeights(device.parameters),
    async state() {
      const { parameters, first, second } = device;
      const [weights, firstMoments, secondMoments] = await Promise.all([
        downloadWeights(parameters),
        downloadWeights(first),
        downloadWeights(second),
      ]);
      return { step: steps, weights, firstMoments, secondMoments };
    },
    restore({ step, weights, firstMoments, secondMoments }) {
      const sets = [weights, firstMoments, secondMoments].map((tensors) => checkWeights(config, tensors));
      const [parameters, first, second] = sets.map(uploadWeights) as [Parameters, Parameters, Parameters];
      tree.dispose(device);
      device = { parameters, first, second };
      steps = step;
    },
    dispose() {
      tree.dispose(device);
      for (const context of contexts.values()) tree.dispose(context);
      contexts.clear();
      for (const program of [update, measure, score]) program.dispose();
    },
  };
}
