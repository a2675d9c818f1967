/**
 * @file What a computation takes of the device's memory beside the weights, known before it starts. Pure, except that a
 * device is asked how much it has left. The engine frees a value as soon as nothing needs it, so a program's peak is at
 * its widest step; what that keeps was counted in the graphs and checked against the heap of ONNX Runtime's WASM build.
 * Letters: d = hidden size, f = feed-forward size, V = rows of the head.
 */
import { LabError } from '../../../core/errors.ts';
import type { ArrayDevice } from '../../arrays/array-device.ts';
import { attentionKinds } from '../../llama-family.ts';
import { parameterCount } from '../../llama-weights.ts';
import type { LlamaConfig } from '../../llama.ts';
import type { Wanted } from '../../programs/layer-weights.ts';

/** What is read side by side. */
export interface ReadShape {
  readonly rows: number;
  /** Tokens of each row, padding included. */
  readonly length: number;
  /** Positions that were read before. Default 0. */
  readonly past?: number;
}

/** Of float32. */
const width = 4;
/** Compiled programs. */
const programBytes = 1.2e6;
/** Where a device does not say what it has left, no more than this is kept for the backward pass. */
const savedBytesAllowed = 2 ** 29;

const sizes = (config: LlamaConfig, { rows, length, past = 0 }: ReadShape) => {
  const { heads, kvHeads, headDim } = config;
  const positions = rows * length;
  return {
    positions,
    /** Of queries, and of keys and values of all positions. */
    queries: positions * heads * headDim,
    keys: rows * (past + length) * kvHeads * headDim,
    /** What each query takes from each key. */
    shares: rows * heads * length * (past + length),
    stream: positions * config.hiddenSize,
    fed: positions * config.intermediateSize,
    /** Masks, one for each kind of attention; a row's queries that share keys have one each. */
    masks: (attentionKinds(config).length * heads * length * (past + length)) / kvHeads,
  };
};

/** Keys and values of all layers, for `rows` of `length` positions. */
export const cacheBytes = ({ layers, kvHeads, headDim }: LlamaConfig, rows: number, length: number): number =>
  2 * width * layers * rows * length * kvHeads * headDim;

/** What a layer's forward pass takes while it runs, besides its input and its output. */
function layerBytes(config: LlamaConfig, shape: ReadShape): number {
  const { queries, keys, shares, stream, fed } = sizes(config, shape);
  const attention = 2 * queries + 2 * keys + 2 * shares;
  return width * (stream + Math.max(attention, stream + 3 * fed));
}

/** What the logits of `positions` take: themselves, and what they become in the softmax. */
export const logitsBytes = ({ vocabSize }: LlamaConfig, positions: number): number =>
  2 * width * positions * vocabSize;

/** Scoring or prefill: the stream, the caches of all layers, and the widest of a layer and the logits. */
export function readBytes(config: LlamaConfig, shape: ReadShape, logitPositions: number): number {
  const { rows, length, past = 0 } = shape;
  const { stream, masks } = sizes(config, shape);
  const layers = cacheBytes(config, rows, past + length) + width * stream + layerBytes(config, shape);
  const widest = Math.max(layers, logitsBytes(config, logitPositions));
  return programBytes + width * (masks + stream) + widest;
}

/**
 * Decode sessions: the caches and, when they grow, copies of all layers. The memory of the smaller ones that are given
 * back serves no larger ones.
 */
export const sessionBytes = (config: LlamaConfig, rows: number, length: number, grown: number): number =>
  Math.max(
    readBytes(config, { rows, length }, rows),
    cacheBytes(config, rows, length) + 2 * cacheBytes(config, rows, grown) + logitsBytes(config, rows),
  );

/** What the forward pass of all layers keeps for the backward pass; with `recompute` the input of each layer alone. */
export function savedBytes(config: LlamaConfig, shape: ReadShape, recompute = false): number {
  const { queries, keys, shares, stream, fed } = sizes(config, shape);
  const kept = recompute ? stream : 2 * stream + 2 * fed + 2 * queries + 2 * keys + shares;
  return width * config.layers * kept;
}

export interface GradientShape extends ReadShape {
  /** Positions that predict. */
  readonly predictions: number;
  readonly wanted: Wanted;
  readonly recompute: boolean;
  /** Whether the head has a gradient too where those of weights are wanted. Default: true. */
  readonly head?: boolean;
}

/** A forward and a backward pass; gradients of a layer's weights leave the device when the layer is done. */
export function gradientBytes(config: LlamaConfig, shape: GradientShape): number {
  const { queries, shares, stream, fed, masks } = sizes(config, shape);
  const { wanted, recompute, predictions, head: withHead = true } = shape;
  const ofAll = wanted === 'weights';
  const again = recompute ? savedBytes({ ...config, layers: 1 }, shape) : 0;
  const ofWeights = ofAll ? layerParameters(config) : 0;
  const back = again + width * (3 * stream + Math.max(4 * shares + 3 * queries, 5 * fed) + ofWeights);
  const logits = logitsBytes(config, predictions);
  const ofHead = ofAll && withHead ? width * config.vocabSize * config.hiddenSize : 0;
  const head = Math.max(1.25 * logits, 0.5 * logits + ofHead);
  const widest = Math.max(back, head, layerBytes(config, shape));
  return programBytes + savedBytes(config, shape, recompute) + width * (masks + 2 * stream) + widest;
}

const layerParameters = (config: LlamaConfig): number =>
  (parameterCount(config) - parameterCount({ ...config, layers: 0 })) / config.layers;

/** What training all weights takes on the device: a copy of them; and of the page: two moments and the gradients. */
export const trainerBytes = (config: LlamaConfig): { readonly device: number; readonly page: number } => {
  const weights = width * parameterCount(config);
  return { device: weights, page: 3 * weights };
};

/**
 * Whether the layers are to be computed again on the way back, which takes a third longer: where keeping all would take
 * more than half of what the device has left.
 */
export function mustRecompute(
  { bytesLeft }: Pick<ArrayDevice, 'bytesLeft'>,
  config: LlamaConfig,
  shape: Omit<GradientShape, 'recompute'>,
): boolean {
  if (bytesLeft === null) return savedBytes(config, shape) > savedBytesAllowed;
  return gradientBytes(config, { ...shape, recompute: false }) > bytesLeft / 2;
}

/** @throws LabError 'out-of-memory' for work that cannot fit, before it starts */
export function checkFits(
  { bytesLeft }: Pick<ArrayDevice, 'bytesLeft'>,
  what: string,
  bytes: number,
  advice: string,
): void {
  if (bytesLeft === null || bytes <= bytesLeft) return;
  const gigabytes = (value: number) => `${(value / 1e9).toFixed(1)} GB`;
  throw new LabError(
    'out-of-memory',
    `${what} takes ${gigabytes(bytes)} of memory; ${gigabytes(bytesLeft)} are left to this engine.`,
    { advice },
  );
}
