/** @file Gradients of target losses with respect to the matrices of the layers, a layer at a time. */
import { disposeAll, Scope } from '../../arrays/array-device.ts';
import type { MatrixGradients, MatrixOptions, ScoringRequest, Tensor } from '../../language-model.ts';
import { backThroughLayers, disposeTrace, readLayersSaving, type LayerGradients } from './backward.ts';
import { causalPlaces } from './context.ts';
import { checkRequest, lookUp, Pace, type Engine } from './engine.ts';
import { relaid } from './layout.ts';
import { lossGradient } from './loss.ts';
import { checkFits, gradientBytes, savedBytes, type GradientShape } from './memory.ts';
import { positionsPerRun } from './scoring.ts';

/** Of each request, on the way back. */
type Way = ReturnType<typeof backThroughLayers>;

/** @returns as `weightGradients` of the contract */
export async function weightGradients(
  engine: Engine,
  requests: readonly ScoringRequest[],
  use: (gradients: MatrixGradients) => void | Promise<void>,
  { signal, only }: MatrixOptions = {},
): Promise<void> {
  for (const request of requests) checkRequest(engine, request);
  checkMemory(engine, requests);
  const pace = new Pace({ signal });
  await pace.step();
  const ways: { readonly way: Way; readonly free: () => void }[] = [];
  try {
    for (const request of requests) ways.push(await toLastLayer(engine, request, pace));
    for (let left = engine.config.layers; left > 0; left--) {
      const layers: Awaited<ReturnType<typeof matricesOf>>[] = [];
      for (const { way } of ways) {
        const { value } = await way.next();
        layers.push(await matricesOf(engine, value as LayerGradients, only));
      }
      for (const name of layers[0]?.keys() ?? [])
        await use({ name, values: layers.map((all) => all.get(name)!) });
    }
  } finally {
    for (const { way, free } of ways) {
      // It ends where it stands, and gives back what it holds.
      await way.return(undefined as never);
      free();
    }
  }
}

/** The forward pass of one request, and the way back from its loss. */
async function toLastLayer(engine: Engine, { prompt, target }: ScoringRequest, pace: Pace) {
  const { device, config } = engine;
  const ids = [...prompt, ...target.slice(0, -1)];
  const scope = new Scope();
  try {
    const places = causalPlaces(device, scope, config, { rows: 1, length: ids.length, start: 0 });
    const passing = { places, past: null, pace };
    const { x, trace } = await readLayersSaving(engine, await lookUp(engine, ids), passing, true);
    scope.own(x);
    const weight = 1 / target.length;
    const scored = target.map((id, t) => ({ at: prompt.length - 1 + t, target: id, weight }));
    // Owned here too, for a way that is never begun.
    const dLast = scope.own(await lossGradient(engine, x, scored));
    const way = backThroughLayers(engine, trace, dLast, passing, { wanted: 'weights' });
    const free = () => {
      disposeTrace(trace);
      scope.close();
    };
    return { way, free };
  } catch (error) {
    scope.close();
    throw error;
  }
}

/** Copies of the gradients of a layer's matrices, by their names in the checkpoint. */
async function matricesOf(
  { device }: Engine,
  { layer, gradients }: LayerGradients,
  only: MatrixOptions['only'],
) {
  const matrices = new Map<string, Tensor>();
  try {
    for (const [ownName, array] of Object.entries(gradients)) {
      const name = `model.layers.${layer}.${ownName}`;
      if (!ownName.endsWith('_proj.weight') || only?.has(name) === false) continue;
      matrices.set(name, relaid(name, { shape: array.shape, data: await device.read(array) }));
    }
    return matrices;
  } finally {
    disposeAll(gradients);
  }
}

/** The inputs of all layers are kept for every request, and one layer is computed again at a time. */
function checkMemory({ device, config }: Engine, requests: readonly ScoringRequest[]): void {
  const shapes = requests.map(({ prompt, target }): GradientShape => {
    const predictions = Math.min(target.length, positionsPerRun(config));
    const length = prompt.length + target.length - 1;
    return { rows: 1, length, predictions, wanted: 'weights', recompute: true, head: false };
  });
  const kept = shapes.reduce((sum, shape) => sum + savedBytes(config, shape, true), 0);
  const widest = Math.max(
    0,
    ...shapes.map((shape) => gradientBytes(config, shape) - savedBytes(config, shape, true)),
  );
  checkFits(device, 'A gradient of the weights', kept + widest, 'Use shorter prompts or a smaller model.');
}
