/** @file Hidden states of a model, and gradients with respect to its inputs. */
import { LabError } from '../../../core/errors.ts';
import { Scope, type DeviceArray } from '../../arrays/array-device.ts';
import type { Abortable, SpanRequest } from '../../language-model.ts';
import { backToEmbeddings, disposeTrace, readLayersSaving } from './backward.ts';
import { disposeCaches } from './caches.ts';
import { causalPlaces, type Places } from './context.ts';
import { checkPrompt, checkRequest, lookUp, Pace, readLayers, type Engine } from './engine.ts';
import { lossGradient } from './loss.ts';
import { minPrefixLength, withPrefix } from './prefix.ts';

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
  const { prompt, target, start } = request;
  checkRequest(engine, request);
  checkSpan(request);
  const pace = new Pace(options);
  await pace.step();
  const inputs = [...prompt, ...target.slice(0, -1)];
  const first = start < minPrefixLength ? 0 : start;
  const weight = 1 / target.length;
  const wanted = target.map((id, t) => ({ at: prompt.length - 1 - first + t, target: id, weight }));
  return withPrefix(engine, inputs.slice(0, first), pace, (past) =>
    inputGradient(
      engine,
      inputs.slice(first),
      { past, first, pace },
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

/**
 * Gradient of ⟨cotangent, h⟩ with respect to the embedding of each prompt token, where h is the last hidden state
 * (after the final norm) at the prompt's last token. Soft prompts are trained by it.
 * @param cotangent shape [d]
 * @returns row-major, [L, d]
 */
export async function hiddenGradient(
  engine: Engine,
  prompt: readonly number[],
  cotangent: Float32Array,
  options: Abortable = {},
): Promise<Float32Array> {
  checkPrompt(engine, prompt);
  const { hiddenSize } = engine.config;
  if (cotangent.length !== hiddenSize)
    throw new RangeError(`A cotangent needs ${hiddenSize} values, not ${cotangent.length}.`);
  const pace = new Pace(options);
  await pace.step();
  const dNormed = new Float32Array(prompt.length * hiddenSize);
  dNormed.set(cotangent, (prompt.length - 1) * hiddenSize);
  const lastGradient = (x: DeviceArray) =>
    Scope.with(async (scope) => {
      const d = scope.own(engine.device.upload([prompt.length, hiddenSize], dNormed));
      const { norm } = engine.weights;
      return (await engine.programs.get('normVjp').run({ x, norm, d_normed: d }))['d_x']!;
    });
  return inputGradient(engine, prompt, { past: null, first: 0, pace }, lastGradient, (dX) =>
    engine.device.read(dX),
  );
}

const placesOf = (engine: Engine, scope: Scope, length: number, start: number): Places =>
  causalPlaces(engine.device, scope, engine.config, { rows: 1, length, start });

/**
 * Gradient with respect to the embeddings of one sequence, [N, d], after `first` cached positions.
 * @param lastGradient from the residual stream after the last layer, lent, to its gradient
 * @param use is lent the result
 */
async function inputGradient<T>(
  engine: Engine,
  ids: readonly number[],
  {
    past,
    first,
    pace,
  }: Pick<Parameters<typeof readLayersSaving>[2], 'past' | 'pace'> & { readonly first: number },
  lastGradient: (x: DeviceArray) => Promise<DeviceArray>,
  use: (dX: DeviceArray) => Promise<T>,
): Promise<T> {
  return Scope.with(async (scope) => {
    const passing = { places: placesOf(engine, scope, ids.length, first), past, pace };
    const { x, trace } = await readLayersSaving(engine, await lookUp(engine, ids), passing, false);
    try {
      const dLast = await lastGradient(scope.own(x));
      return await use(scope.own(await backToEmbeddings(engine, trace, dLast, passing)));
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
