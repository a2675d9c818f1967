/** @file The way back through the layers: from gradients of the stream to those of the embeddings and the weights. */
import { disposeAll, Scope, type DeviceArray, type NamedArrays } from '../../arrays/array-device.ts';
import { embeddingScale, attentionKindOf } from '../../llama-family.ts';
import type { Wanted } from '../../programs/layer-weights.ts';
import type { KeyValues } from './caches.ts';
import type { Places } from './context.ts';
import { layerInputs, noPast, type Engine, type Pace } from './engine.ts';

/** What the forward pass of each layer left for the backward pass: all of it, or the input alone. */
export interface Trace {
  readonly layers: readonly NamedArrays[];
  readonly recompute: boolean;
}

export const disposeTrace = ({ layers }: Trace): void => layers.forEach(disposeAll);

export interface Passing {
  readonly places: Places;
  /** By layer; `null`: no cached positions. */
  readonly past: readonly KeyValues[] | null;
  readonly pace: Pace;
}

/** The stream after the last layer, [N, d], and the trace of the way there; the caller owns both. Consumes `x`. */
export async function readLayersSaving(
  engine: Engine,
  x: DeviceArray,
  { places, past, pace }: Passing,
  recompute: boolean,
): Promise<{ readonly x: DeviceArray; readonly trace: Trace }> {
  const { config, programs, adapters, edits } = engine;
  const program = recompute
    ? programs.layer(adapters.names, { cache: 'append', invariant: false })
    : programs.saving(adapters.names);
  const layers: NamedArrays[] = [];
  const none = noPast(engine);
  let stream = x;
  try {
    for (let layer = 0; layer < config.layers; layer++) {
      await pace.step();
      const before = past?.[layer] ?? none;
      const { out, ...saved } = await program.run({
        ...layerInputs(engine, layer),
        ...places[attentionKindOf(config, layer)],
        ...{ x: stream, past_key: before.k, past_value: before.v },
      });
      if (recompute) disposeAll(saved);
      layers.push({ input: stream, ...(recompute ? {} : saved) });
      stream = await edits.apply(layer + 1, out!);
    }
    return { x: stream, trace: { layers, recompute } };
  } catch (error) {
    layers.forEach(disposeAll);
    throw error;
  } finally {
    disposeAll(none);
  }
}

/** Gradients of the weights of a layer, by their names in it; whoever takes them owns them. */
export interface LayerGradients {
  readonly layer: number;
  readonly gradients: NamedArrays;
}

export interface WayBack {
  /** Default: no gradients of weights. */
  readonly wanted?: Wanted;
  /** Gradients of the stream at boundaries below the last, [N, d], lent. */
  readonly addAt?: ReadonlyMap<number, DeviceArray>;
}

/**
 * From the gradient after the last layer, which it consumes, layer by layer to that of the vectors that entered the
 * first, before their scale: [N, d], which it returns and the caller owns.
 */
export async function* backThroughLayers(
  engine: Engine,
  trace: Trace,
  dLast: DeviceArray,
  { places, past, pace }: Passing,
  { wanted = 'input', addAt }: WayBack = {},
): AsyncGenerator<LayerGradients, DeviceArray, void> {
  const { config, programs, adapters, edits } = engine;
  const program = programs.backward(adapters.names, wanted, trace.recompute);
  const none = noPast(engine);
  let gradient: DeviceArray | null = dLast;
  const add = async (boundary: number, to: DeviceArray): Promise<DeviceArray> => {
    const more = addAt?.get(boundary);
    if (!more) return to;
    const { sum } = await programs.get('add').run({ a: to, b: more });
    to.dispose();
    return sum!;
  };
  try {
    for (let layer = config.layers - 1; layer >= 0; layer--) {
      await pace.step();
      gradient = await add(layer + 1, gradient);
      gradient = await edits.pullBack(layer + 1, gradient);
      const before = past?.[layer] ?? none;
      const { d_input: dInput, ...gradients } = await program.run({
        ...layerInputs(engine, layer),
        ...places[attentionKindOf(config, layer)],
        ...trace.layers[layer],
        ...{ d_out: gradient, past_key: before.k, past_value: before.v },
      });
      gradient.dispose();
      gradient = dInput!;
      disposeAll(trace.layers[layer]!);
      const named = Object.entries(gradients).map(
        ([name, array]) => [name.replace(/^d:/, ''), array] as const,
      );
      yield { layer, gradients: Object.fromEntries(named) };
    }
    gradient = await add(0, gradient);
    gradient = await edits.pullBack(0, gradient);
    const scale = embeddingScale(config);
    const last = gradient;
    gradient = null;
    if (scale === 1) return last;
    return await Scope.with(async (scope) => {
      const factor = scope.own(engine.device.upload([1], Float32Array.of(scale)));
      const { product } = await programs.get('scale').run({ x: scope.own(last), factor });
      return product!;
    });
  } finally {
    gradient?.dispose();
    disposeAll(none);
  }
}

/**
 * As `backThroughLayers`, all the way.
 * @param onGradients is given the gradients of each layer's weights, and owns them
 */
export async function backToEmbeddings(
  engine: Engine,
  trace: Trace,
  dLast: DeviceArray,
  passing: Passing,
  {
    onGradients,
    ...way
  }: WayBack & { readonly onGradients?: (layer: number, gradients: NamedArrays) => Promise<void> } = {},
): Promise<DeviceArray> {
  const layers = backThroughLayers(engine, trace, dLast, passing, way);
  for (;;) {
    const { done, value } = await layers.next();
    if (done) return value;
    await onGradients?.(value.layer, value.gradients);
  }
}
