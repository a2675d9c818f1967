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

/**
 * From the gradient after the last layer, which it consumes, to that of the vectors that entered the first, before their
 * scale: [N, d], which the caller owns.
 * @param onGradients is given the gradients of a layer's weights, by their names in it, and owns them
 * @param addAt gradients of the stream at other boundaries, [N, d], lent
 */
export async function backToEmbeddings(
  engine: Engine,
  trace: Trace,
  dLast: DeviceArray,
  { places, past, pace }: Passing,
  {
    wanted = 'input',
    onGradients,
    addAt,
  }: {
    readonly wanted?: Wanted;
    readonly onGradients?: (layer: number, gradients: NamedArrays) => Promise<void>;
    readonly addAt?: ReadonlyMap<number, DeviceArray>;
  } = {},
): Promise<DeviceArray> {
  const { config, programs, adapters, edits } = engine;
  const program = programs.backward(adapters.names, wanted, trace.recompute);
  const none = noPast(engine);
  let gradient = dLast;
  const add = async (boundary: number) => {
    const more = addAt?.get(boundary);
    if (!more) return;
    const { sum } = await programs.get('add').run({ a: gradient, b: more });
    gradient.dispose();
    gradient = sum!;
  };
  try {
    for (let layer = config.layers - 1; layer >= 0; layer--) {
      await pace.step();
      await add(layer + 1);
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
      await onGradients?.(layer, Object.fromEntries(named));
    }
    await add(0);
    gradient = await edits.pullBack(0, gradient);
    const scale = embeddingScale(config);
    if (scale === 1) return gradient;
    return await Scope.with(async (scope) => {
      const factor = scope.own(engine.device.upload([1], Float32Array.of(scale)));
      const { product } = await programs.get('scale').run({ x: scope.own(gradient), factor });
      return product!;
    });
  } catch (error) {
    gradient.dispose();
    throw error;
  } finally {
    disposeAll(none);
  }
}
