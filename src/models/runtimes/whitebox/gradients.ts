/** @file Hidden states of a model, and gradients with respect to its inputs. */
import { LabError } from '../../../core/errors.ts';
import { groupedBy } from '../../../core/groups.ts';
import { Scope, type DeviceArray } from '../../arrays/array-device.ts';
import type { Abortable, Cotangent, Cotangents, SpanRequest } from '../../language-model.ts';
import { checkSequence } from '../../decoding/checks.ts';
import { backToEmbeddings, disposeTrace, readLayersSaving, type Passing } from './backward.ts';
import { disposeCaches } from './caches.ts';
import { causalPlaces, type Places } from './context.ts';
import { checkPrompt, checkRequest, lookUp, Pace, readLayers, type Engine } from './engine.ts';
import { lossGradient, placeRows } from './loss.ts';
import { checkFits, gradientBytes, mustRecompute } from './memory.ts';
import { minPrefixLength, withPrefix } from './prefix.ts';
import { positionsPerRun } from './scoring.ts';

/** @returns as `tokenGradient` of the contract: the embedding gradient of each span token times the embedding. */
export async function tokenGradient(
  engine: Engine,
  request: SpanRequest,
  options: Abortable = {},
): Promise<Float32Array> {
  const { device, programs, weights, config, limits } = engine;
  return targetLossGradient(engine, request, options, async (dX, first) => {
    const span = Array.from({ length: request.end - request.start }, (_, i) => request.start - first + i);
    return Scope.with(async (scope) => {
      const at = scope.own(device.uploadInts([span.length], span));
      const { products } = await programs.get('products').run({ x: dX, at, table: weights.embedding });
      const rows = await device.read(scope.own(products!));
      return trimRows(rows, span.length, config.vocabSize, limits.vocabSize);
    });
  });
}

/** @returns as `embeddingGradient` of the contract */
export async function embeddingGradient(
  engine: Engine,
  request: SpanRequest,
  options: Abortable = {},
): Promise<Float32Array> {
  const { hiddenSize } = engine.config;
  return targetLossGradient(engine, request, options, async (dX, first) => {
    const values = await engine.device.read(dX);
    return values.slice((request.start - first) * hiddenSize, (request.end - first) * hiddenSize);
  });
}

/**
 * Gradient of the target loss with respect to the embeddings of prompt and target, from the span on: what is before it is
 * read once and kept.
 * @param use is lent the gradient, [N, d], and told which position its first row is
 */
async function targetLossGradient<T>(
  engine: Engine,
  request: SpanRequest,
  options: Abortable,
  use: (dX: DeviceArray, first: number) => Promise<T>,
): Promise<T> {
  const { prompt, target, start, weights = target.map(() => 1 / target.length) } = request;
  checkRequest(engine, request);
  checkSpan(request);
  if (weights.length !== target.length)
    throw new RangeError(`There are ${weights.length} weights for a target of ${target.length} tokens.`);
  const pace = new Pace(options);
  await pace.step();
  const inputs = [...prompt, ...target.slice(0, -1)];
  const first = start < minPrefixLength ? 0 : start;
  const wanted = target.map((id, t) => ({
    at: prompt.length - 1 - first + t,
    target: id,
    weight: weights[t]!,
  }));
  return withPrefix(engine, inputs.slice(0, first), pace, (past) =>
    pullBack(
      engine,
      inputs.slice(first),
      { past, first, pace, predictions: Math.min(target.length, positionsPerRun(engine.config)) },
      (x) => lossGradient(engine, x, wanted),
      (dX) => use(dX, first),
    ),
  );
}

function checkSpan({ prompt, start, end }: SpanRequest): void {
  const ordered = 0 <= start && start < end && end <= prompt.length;
  if (ordered && Number.isInteger(start) && Number.isInteger(end)) return;
  const message = `There is no span [${start}, ${end}) in a prompt of ${prompt.length} tokens.`;
  throw new LabError('bad-input', message, {
    advice: 'Give a span that lies within the prompt and holds at least one token.',
  });
}

/** @returns as `embeddings` of the contract */
export async function embeddings(
  { device, programs, weights, limits }: Engine,
  ids: readonly number[],
  { signal }: Abortable = {},
): Promise<Float32Array> {
  checkSequence(limits, ids);
  signal?.throwIfAborted();
  return Scope.with(async (scope) => {
    const given = { table: weights.embedding, ids: scope.own(device.uploadInts([ids.length], ids)) };
    const { rows } = await programs.get('rows').run(given);
    return device.read(scope.own(rows!));
  });
}

/**
 * The residual stream at each layer boundary, as Python's `output_hidden_states`: the embedding first; the last one
 * after the final norm. Each is row-major, [L, d].
 */
export async function hiddenStates(
  engine: Engine,
  prompt: readonly number[],
  options: Abortable = {},
): Promise<Float32Array[]> {
  checkPrompt(engine, prompt);
  const { device, programs, weights } = engine;
  const pace = new Pace(options);
  return Scope.with(async (scope) => {
    const states: Float32Array[] = [];
    const places = placesOf(engine, scope, prompt.length, 0);
    const onInput = async (state: DeviceArray) => void states.push(await device.read(state));
    const { x, caches } = await readLayers(engine, await lookUp(engine, prompt), places, { pace, onInput });
    disposeCaches(caches);
    const { normed } = await programs.get('norm').run({ x: scope.own(x), norm: weights.norm });
    return [...states, await device.read(scope.own(normed!))];
  });
}

/** @returns as `inputGradient` of the contract @throws RangeError for cotangents that do not fit */
export async function inputGradient(
  engine: Engine,
  prompt: readonly number[],
  cotangents: Cotangents,
  options: Abortable = {},
): Promise<Float32Array> {
  checkPrompt(engine, prompt);
  checkCotangents(engine, prompt.length, cotangents);
  const { device, config } = engine;
  const pace = new Pace(options);
  await pace.step();
  const ofBoundary = groupedBy(cotangents.hidden ?? [], ({ boundary = config.layers }) => boundary);
  return Scope.with(async (scope) => {
    const addAt = new Map<number, DeviceArray>();
    for (const [boundary, some] of ofBoundary)
      addAt.set(boundary, scope.own(placeCotangents(device, config.hiddenSize, prompt.length, some)));
    const normed = addAt.get(config.layers);
    addAt.delete(config.layers); // the last state is that after the final norm
    const lastGradient = (x: DeviceArray) => headGradient(engine, x, cotangents.logits ?? [], normed);
    const way = { past: null, first: 0, pace, addAt, predictions: cotangents.logits?.length ?? 0 };
    return pullBack(engine, prompt, way, lastGradient, (dX) => device.read(dX));
  });
}

function checkCotangents(
  { config, limits }: Engine,
  length: number,
  { logits = [], hidden = [] }: Cotangents,
): void {
  const isPosition = ({ position }: Cotangent) =>
    Number.isInteger(position) && position >= 0 && position < length;
  const isBoundary = (at: number) => Number.isInteger(at) && at >= 0 && at <= config.layers;
  if (![...logits, ...hidden].every(isPosition) || !hidden.every(({ boundary = 0 }) => isBoundary(boundary)))
    throw new RangeError(`A cotangent is at no position of ${length}, or at no layer boundary.`);
  const wrong =
    logits.find(({ values }) => values.length !== limits.vocabSize) ??
    hidden.find(({ values }) => values.length !== config.hiddenSize);
  if (wrong)
    throw new RangeError(`A cotangent has ${wrong.values.length} values, which are not as many as it needs.`);
}

const placeCotangents = (
  device: Engine['device'],
  width: number,
  count: number,
  cotangents: readonly Cotangent[],
): DeviceArray => {
  const rows = new Float32Array(cotangents.length * width);
  cotangents.forEach(({ values }, i) => rows.set(values, i * width));
  return placeRows(device, rows, width, { at: cotangents.map(({ position }) => position), count });
};

/** Gradient of the stream after the last layer, [N, d], from those of logits and of normed states. */
async function headGradient(
  { device, programs, weights, config }: Engine,
  x: DeviceArray,
  logits: readonly Cotangent[],
  normed: DeviceArray | undefined,
): Promise<DeviceArray> {
  const count = x.shape[0]!;
  const { norm, head } = weights;
  return Scope.with(async (scope) => {
    const dNormed = normed ?? scope.own(placeCotangents(device, config.hiddenSize, count, []));
    const { d_x: ofNormed } = await programs.get('normVjp').run({ x, norm, d_normed: dNormed });
    if (logits.length === 0) return ofNormed!;
    scope.own(ofNormed!);
    // Rows of the head beyond the tokenizer's vocabulary have no cotangent.
    const dLogits = new Float32Array(logits.length * config.vocabSize);
    logits.forEach(({ values }, i) => dLogits.set(values, i * config.vocabSize));
    const at = logits.map(({ position }) => position);
    const { d_chosen: chosen } = await programs.get('logitsVjp').run({
      ...{ x, norm, head },
      at: scope.own(device.uploadInts([at.length], at)),
      d_logits: scope.own(device.upload([at.length, config.vocabSize], dLogits)),
    });
    const rows = await device.read(scope.own(chosen!));
    const placed = scope.own(placeRows(device, rows, config.hiddenSize, { at, count }));
    return (await programs.get('add').run({ a: ofNormed!, b: placed }))['sum']!;
  });
}

const placesOf = (engine: Engine, scope: Scope, length: number, start: number): Places =>
  causalPlaces(engine.device, scope, engine.config, { rows: 1, length, start });

interface Way extends Pick<Passing, 'past' | 'pace'> {
  /** The position of the first row. */
  readonly first: number;
  /** Positions whose logits have gradients at a time. */
  readonly predictions: number;
  /** Gradients of the stream at boundaries below the last. */
  readonly addAt?: ReadonlyMap<number, DeviceArray>;
}

/**
 * Gradient with respect to the embeddings of one sequence, [N, d], after `first` cached positions.
 * @param lastGradient from the residual stream after the last layer, lent, to its gradient
 * @param use is lent the result
 */
async function pullBack<T>(
  engine: Engine,
  ids: readonly number[],
  { past, first, pace, predictions, addAt }: Way,
  lastGradient: (x: DeviceArray) => Promise<DeviceArray>,
  use: (dX: DeviceArray) => Promise<T>,
): Promise<T> {
  const { device, config } = engine;
  const shape = { rows: 1, length: ids.length, past: first, predictions, wanted: 'input' } as const;
  const recompute = mustRecompute(device, config, shape);
  const bytes = gradientBytes(config, { ...shape, recompute });
  checkFits(device, 'A gradient', bytes, 'Use a shorter prompt or a smaller model.');
  return Scope.with(async (scope) => {
    const passing = { places: placesOf(engine, scope, ids.length, first), past, pace };
    const { x, trace } = await readLayersSaving(engine, await lookUp(engine, ids), passing, recompute);
    try {
      const dLast = await lastGradient(scope.own(x));
      return await use(
        scope.own(await backToEmbeddings(engine, trace, dLast, passing, addAt ? { addAt } : {})),
      );
    } finally {
      disposeTrace(trace);
    }
  });
}

/** The first `count` rows of `width` values each, cut to `newWidth` values. */
function trimRows(values: Float32Array, count: number, width: number, newWidth: number): Float32Array {
  if (newWidth === width) return values;
  const out = new Float32Array(count * newWidth);
  for (let row = 0; row < count; row++)
    out.set(values.subarray(row * width, row * width + newWidth), row * newWidth);
  return out;
}
