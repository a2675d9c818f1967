/** @file Runs all benchmarks of one bundled model on one device, in one process. Engines load on demand, as in the lab. */
import { expose } from 'comlink';
import { bundledModels } from '../src/models/catalog.ts';

async function bench(device: 'wasm' | 'webgpu', id: string, rounds: number) {
  const entry = bundledModels.find((model) => model.id === id);
  if (!entry) throw new Error(`There is no bundled model "${id}".`);
  const { decodeSpeed } = await import('./decode.ts');
  const decode = await decodeSpeed(entry, device, rounds);
  const { gcgSpeeds, trainingSpeed } = await import('./gradients.ts');
  const { defenseSpeed } = await import('./defenses.ts');
  const defenses = await defenseSpeed(entry, device, rounds);
  return {
    ...decode,
    gcgStepsPerSecond: await gcgSpeeds(entry, device, rounds),
    trainingStepsPerSecond: await trainingSpeed(entry, rounds),
    defenses,
  };
}
export type Bench = typeof bench;

expose(bench);
